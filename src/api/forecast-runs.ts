import { buildImage } from "../engine/build-image.js";
import { type RunForecast, WouldRun } from "../engine/run/run-forecast.js";
import { encoderFor } from "../layer/encode/compression.js";
import type { Plan } from "../plan/plan.js";
import { fullReference } from "./references.js";
import { type WorkspaceOptions, withWorkspace } from "./workspace.js";

/** What a build of a plan would do with each command, and why. Nothing runs and nothing is written. */
export async function forecastRuns(
  plan: Plan,
  options: WorkspaceOptions & { readonly reference?: string },
): Promise<RunForecast[]> {
  const forecasts: RunForecast[] = [];
  await withWorkspace(options, async ({ context, portsFor }) => {
    try {
      const built = await buildImage(plan, await portsFor(plan), {
        encoder: encoderFor("none"),
        folder: context,
        references: options.reference === undefined ? [] : [fullReference(options.reference)],
        forecast: (forecast) => void forecasts.push(forecast),
      });
      await built.close();
    } catch (error) {
      if (!(error instanceof WouldRun)) throw error;
    }
  });
  return forecasts;
}
