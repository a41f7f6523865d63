import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { OptimizedPlan } from "../plan/passes/pipeline.js";
import type { JudgedFinding } from "../policy/policy.js";
import { builtAlready, refuseBroken } from "../project/gate.js";
import type { JudgedPlan } from "../project/policies.js";
import type { CheckedFlags } from "./build-flags.js";
import type { PolicyRequest } from "./load/loaded-catalog.js";
import { namedProgress } from "./named-progress.js";
import { type OpenCatalog, openCatalog } from "./open-catalog.js";
import { withProgress } from "./progress.js";
import type { Session } from "./session.js";
import { sayWarnings } from "./warning-text.js";

/** How the images of a command are made. */
type Common = CheckedFlags["common"];

/** What a command asked the user's program for. */
export interface Asked {
  readonly names: readonly string[];
  readonly platforms: readonly string[] | undefined;
  readonly common: Common;
}

/**
 * What the policies say with the built images before them: those that they want to see are built into the store, and the
 * user's program runs once more, with what was built in a file that only it reads.
 *
 * @param jobs the plans that the command is about
 */
export async function judgeBuilt(
  session: Session,
  catalog: OpenCatalog,
  jobs: readonly JudgedPlan[],
  { names, platforms, common }: Asked,
): Promise<readonly JudgedFinding[]> {
  const { withBuiltFacts } = await import("../project/policies.js");
  const { builtFileText } = await import("./load/built-file.js");
  const awaited = jobs.filter(({ name }) => catalog.policies?.awaiting.includes(name));
  const text = await withProgress(session, (progress) => {
    const { signal } = session;
    const told = awaited.map((job) => ({
      ...job,
      progress: progress && namedProgress(progress, job.name, awaited.length > 1),
    }));
    const { context, whole } = catalog;
    const settings = { ...common, context, whole, signal, ...(progress && { progress }) };
    return withBuiltFacts(catalog.name, told, settings, builtFileText);
  });
  const folder = await mkdtemp(join(tmpdir(), "layerwright-policies-"));
  try {
    const built = join(folder, "built.json");
    await writeFile(built, text, { mode: 0o600 });
    const judged = await openCatalog(session, names, platforms, { policies: { ...lockOf(common), built } });
    return judged.policies?.findings ?? [];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Lets the images of a command through to their build, or refuses them before anything is written. Where images were
 * built for it, the settings that come back take them out of the store.
 *
 * @throws {PlanError} POLICIES_BROKEN
 */
export async function passGate(
  session: Session,
  catalog: OpenCatalog,
  jobs: readonly JudgedPlan[],
  asked: Asked,
): Promise<Common> {
  const planned = catalog.policies;
  if (planned === undefined) return asked.common;
  refuseBroken(planned.findings);
  const awaits = planned.awaiting.length > 0;
  const findings = awaits ? await judgeBuilt(session, catalog, jobs, asked) : planned.findings;
  refuseBroken(findings);
  const warn = sayWarnings(session.note, session.paint);
  for (const { image, ...finding } of findings) {
    if (finding.severity === "warning" && finding.suppressed === undefined) warn(image, [finding]);
  }
  return awaits ? builtAlready(asked.common) : asked.common;
}

/** The plans of a command's images, as the policies are asked about them. */
export function judgedPlans(
  jobs: readonly { readonly name: string; readonly optimized: OptimizedPlan }[],
): readonly JudgedPlan[] {
  return jobs.map(({ name, optimized }) => ({ name, plan: optimized.plan }));
}

/** What says what is pinned, and what of it is at hand, for the user's program. */
export function lockOf({ lock, store }: Common): Pick<PolicyRequest, "lock" | "store"> {
  return { ...(lock === undefined ? {} : { lock }), ...(store === undefined ? {} : { store }) };
}
