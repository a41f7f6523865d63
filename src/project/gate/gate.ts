import { PlanError } from "../../errors/layerwright-error.js";
import { missingFrom, needsOf } from "../../lock/lock-needs.js";
import type { PolicyReport } from "../../policy/judge-catalog.js";
import type { JudgedFinding } from "../../policy/policy.js";
import type { BuildSettings } from "../build.js";
import { lockOf } from "../lock/lock-file.js";
import { namedProgress } from "../named-progress.js";
import type { PinOptions } from "../options.js";
import { namedPlans, type Project } from "../project.js";

/** A project that was let through to its build. */
interface Passed<Settings> {
  /** Those of the build: what was built for the policies comes out of the store. */
  readonly settings: Settings;
  /** What the policies found and let pass. */
  readonly findings: readonly JudgedFinding[];
}

/**
 * Lets the chosen images of a project through to their build, or refuses them before anything but the lock is written.
 * This is the one order: the layers of squash `"auto"` are decided, then the catalog's limit is checked, then its policies
 * are asked about the plans, then about the built images that they want to see.
 *
 * @throws {PlanError} SQUASH_UNSHARES, POLICIES_BROKEN
 */
export async function passGate<Settings extends BuildSettings>(
  project: Project,
  given: Settings,
): Promise<Passed<Settings>> {
  const settings = inProject(project, given);
  const decided = await decideLayers(project, settings);
  if (project.limit !== undefined) {
    // Most catalogs have no limit, and what checks one takes long to load.
    const { checkSharingLimit } = await import("./check-sharing-limit.js");
    await checkSharingLimit(project.limit, settings);
  }
  if (project.judge === undefined) return { settings, findings: [] };
  const planned = await project.judge({ decided });
  refuseBroken(planned.findings);
  if (planned.awaiting.length === 0) return { settings, findings: planned.findings };
  const { findings } = await judgeBuilt(project, planned, settings);
  refuseBroken(findings);
  return { settings: { ...settings, cache: true, noCacheSteps: [] }, findings };
}

/** The settings of a use case with what the project says. */
export function inProject<Settings extends object>(
  { context, whole }: Project,
  settings: Settings,
): Settings & Pick<PinOptions, "context" | "whole"> {
  return { ...settings, context, ...(whole && { whole }) };
}

/**
 * Decides the layers of squash `"auto"` before anything looks at the plans, so that policies and limits see the same
 * images the first time as ever after. A no-op where all is decided, or nothing may be.
 *
 * @returns true when something was decided
 */
export async function decideLayers(project: Project, given: PinOptions): Promise<boolean> {
  if (given.lock === false || given.locked === true || given.offline === true) return false;
  const settings = inProject(project, given);
  const named = namedPlans(project.images);
  const plans = named.map(({ plan }) => plan);
  const needs = needsOf(plans);
  if (needs.layering.size === 0) return false;
  const { lock } = lockOf(settings);
  if (!missingFrom(needs, lock).some(({ kind }) => kind === "layering")) return false;
  const { decideMissing } = await import("../lock/decide-layers.js");
  await decideMissing(plans, { ...settings, names: named.map(({ name }) => name) });
  return true;
}

/**
 * What the policies of a project say: of the plans, and of the built images where a policy asks for them. Those are
 * built into the store.
 *
 * @param planOnly true to build nothing
 */
export async function judgeProject(
  project: Project,
  given: BuildSettings,
  planOnly: boolean,
): Promise<PolicyReport> {
  if (project.judge === undefined) return { findings: [], awaiting: [] };
  const settings = inProject(project, given);
  const decided = planOnly ? false : await decideLayers(project, settings);
  const report = await project.judge({ decided });
  return planOnly || report.awaiting.length === 0 ? report : judgeBuilt(project, report, settings);
}

/** Builds the images that policies wait for, and asks the policies again. */
async function judgeBuilt(
  { name: catalog, images, judge }: Project,
  { awaiting }: PolicyReport,
  settings: BuildSettings,
): Promise<PolicyReport> {
  const { withBuiltFacts } = await import("./policies.js");
  const named = namedPlans(images).filter(({ name }) => awaiting.includes(name));
  const jobs = named.map((job) => ({
    ...job,
    progress: settings.progress && namedProgress(settings.progress, job.name, named.length > 1),
  }));
  return withBuiltFacts(catalog, jobs, settings, (facts) => judge!({ facts }));
}

/** @throws {PlanError} POLICIES_BROKEN at the line of the first error, when there is one */
function refuseBroken(findings: readonly JudgedFinding[]): void {
  const broken = findings.filter(
    ({ severity, suppressed }) => severity === "error" && suppressed === undefined,
  );
  const [first] = broken;
  if (first === undefined) return;
  const shown = broken.map(({ code, image, message }) => ({ code, image, text: message }));
  throw new PlanError("POLICIES_BROKEN", { broken: shown }, { subject: first.image, origin: first.origin });
}
