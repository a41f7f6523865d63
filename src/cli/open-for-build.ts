import type { JudgedFinding } from "../policy/policy.js";
import type { Progress } from "../ports/progress.js";
import type { CheckedFlags } from "./build-flags.js";
import { type OpenCatalog, openCatalog } from "./open-catalog.js";
import { UsageError } from "./option-value.js";
import { placedPlans } from "./output-places.js";
import type { Session } from "./session.js";
import { sayWarnings } from "./warning-text.js";

/** Opens the project of a command that makes images, with what its gate asks. */
export async function openForBuild(
  session: Session,
  names: readonly string[],
  { platforms, common, checkCount }: CheckedFlags,
): Promise<OpenCatalog> {
  const { lock, store } = common;
  const policies = { ...(lock === undefined ? {} : { lock }), ...(store === undefined ? {} : { store }) };
  const project = await openCatalog(session, names, platforms, { limit: true, policies });
  checkCount(
    placedPlans(project),
    project.images.map(({ name }) => name),
  );
  return project;
}

/** How a command makes images, as the project is told. */
export function settingsOf(
  { signal }: Session,
  { common }: Pick<CheckedFlags, "common">,
  progress: Progress | undefined,
) {
  return { ...common, signal, ...(progress && { progress }) };
}

/** Says what the policies found and let pass. */
export function sayFindings({ note, paint }: Session, findings: readonly JudgedFinding[]): void {
  const warn = sayWarnings(note, paint);
  for (const { image, ...finding } of findings) {
    if (finding.severity === "warning" && finding.suppressed === undefined) warn(image, [finding]);
  }
}

/** Refuses `--output` beside an option that is another place. */
export function refuseOutput(option: "--push" | "--load", output: string | undefined): void {
  if (output === undefined) return;
  throw new UsageError("COMMAND_LINE_INVALID", {
    reason: `${option} and --output are two places, and a build has one`,
    suggestion: undefined,
    command: "layerwright build",
  });
}
