import type { Catalog } from "../catalog/catalog.js";
import { PlanError } from "../errors/layerwright-error.js";
import { missingFrom, needsOf } from "../lock/lock-needs.js";
import { platformText } from "../oci/platform.js";
import type { Plan } from "../plan/plan.js";
import type { PolicyReport } from "../policy/judge-catalog.js";
import type { JudgedFinding } from "../policy/policy.js";
import type { BuildSettings } from "./build.js";
import { lockOf } from "./lock-file.js";
import type { WholeCatalog } from "./options.js";
import type { PinOptions } from "./pin-plans.js";
import type { JudgedPlan } from "./policies.js";
import { type PrepareOptions, prepareCatalog } from "./prepare.js";

/** All images of a catalog, which squash `"auto"` is decided for. */
export function wholeOf(catalog: Catalog, options: PrepareOptions): WholeCatalog {
  return {
    maxLayers: catalog.maxLayers,
    async plans(platforms = catalog.platforms.map(platformText)) {
      const prepared = await prepareCatalog(catalog, platforms, options);
      return catalog.names.flatMap((name) =>
        platforms.map((platform) => ({ name, plan: prepared(name, platform).plan })),
      );
    },
  };
}

/**
 * Decides the layers of squash `"auto"` before anything looks at the plans that a verb is about, so that its policies and
 * limits see the same images the first time as ever after. Does nothing where all is decided, or nothing may be.
 *
 * @returns whether something was decided
 */
export async function decideFirst(plans: readonly Plan[], options: PinOptions): Promise<boolean> {
  if (options.lock === false || options.locked === true || options.offline === true) return false;
  const needs = needsOf(plans);
  if (needs.layering.size === 0) return false;
  const { lock } = lockOf(options);
  if (!missingFrom(needs, lock).some(({ kind }) => kind === "layering")) return false;
  const { pinPlans } = await import("./pin-plans.js");
  await pinPlans(plans, options);
  return true;
}

/** The findings that fail a build. */
export function brokenOf(findings: readonly JudgedFinding[]): readonly JudgedFinding[] {
  return findings.filter(({ severity, suppressed }) => severity === "error" && suppressed === undefined);
}

/** @throws {PlanError} POLICIES_BROKEN at the line of the first error, when there is one */
export function refuseBroken(findings: readonly JudgedFinding[]): void {
  const broken = brokenOf(findings);
  const [first] = broken;
  if (first === undefined) return;
  const shown = broken.map(({ code, image, message }) => ({ code, image, text: message }));
  throw new PlanError("POLICIES_BROKEN", { broken: shown }, { subject: first.image, origin: first.origin });
}

/**
 * What the policies of a catalog say: of the plans, and of the built images where a policy asks for them. Those are then
 * built into the store.
 *
 * @param plansOnly whether to build nothing
 */
export async function judgeAll(
  catalog: Catalog,
  plans: readonly JudgedPlan[],
  settings: BuildSettings,
  plansOnly = false,
): Promise<PolicyReport> {
  const { judgePlans } = await import("./policies.js");
  const report = await judgePlans(catalog, plans, settings);
  if (plansOnly || report.awaiting.length === 0) return report;
  const { withBuiltFacts } = await import("./policies.js");
  const jobs = plans.filter(({ name }) => report.awaiting.includes(name));
  return withBuiltFacts(catalog.name, jobs, settings, (facts) => {
    const builtOf = (name: string, platform: string) =>
      facts.find((one) => one.name === name && one.platform === platform);
    return judgePlans(catalog, plans, { ...settings, builtOf });
  });
}

/**
 * Lets a catalog through to its build, or refuses it before anything is written. Where images were built for it, the
 * settings that come back take them out of the store instead of building them again.
 *
 * @throws {PlanError} POLICIES_BROKEN
 */
export async function passPolicies<Settings extends BuildSettings>(
  catalog: Catalog,
  plans: readonly JudgedPlan[],
  settings: Settings,
): Promise<Settings> {
  if (catalog.policies.length === 0) return settings;
  const planned = await judgeAll(catalog, plans, settings, true);
  refuseBroken(planned.findings);
  if (planned.awaiting.length === 0) return settings;
  refuseBroken((await judgeAll(catalog, plans, settings)).findings);
  return builtAlready(settings);
}

/** The settings of a build right after one that made the same. */
export function builtAlready<Settings extends BuildSettings>(settings: Settings): Settings {
  return { ...settings, cache: true, noCacheSteps: [] };
}
