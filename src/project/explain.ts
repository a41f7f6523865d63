import { encoderFor } from "../archive/compression.js";
import { buildImage } from "../engine/build-image.js";
import { recallFreedBytes } from "../engine/run/remembered-run.js";
import { type RunForecast, WouldRun } from "../engine/run/run-inputs.js";
import { originText } from "../errors/origin.js";
import type { PassRecord } from "../plan/passes/pass.js";
import type { Plan } from "../plan/plan.js";
import { fullReference } from "./project.js";
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

/** A plan with what its passes did. */
interface Recorded {
  readonly plan: Plan;
  readonly records: readonly PassRecord[];
}

/** The records of plans with the bytes that each change won when its layer was built last, where the store knows. */
export async function freedRecords(
  plans: readonly Recorded[],
  options: WorkspaceOptions,
): Promise<readonly (readonly PassRecord[])[]> {
  if (!plans.some(({ records }) => records.some(({ by }) => by !== undefined)))
    return plans.map(({ records }) => records);
  return withWorkspace(options, ({ store }) =>
    Promise.all(
      plans.map(async ({ plan, records }) => {
        const freed = new Map<string, number>();
        for (const layer of plan.stages.flatMap(({ layers }) => layers)) {
          for (const [at, { origin }] of layer.operations.entries()) {
            const bytes = origin && (await recallFreedBytes(layer, at, store));
            if (bytes === undefined) continue;
            const line = originText(origin!);
            freed.set(line, (freed.get(line) ?? 0) + bytes);
          }
        }
        return records.map((record) => {
          const bytes = record.by && freed.get(originText(record.by));
          return bytes === undefined ? record : { ...record, bytes };
        });
      }),
    ),
  );
}
