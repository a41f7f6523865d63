import { resolve } from "node:path";
import type { Catalog } from "../catalog/catalog.js";
import { platformText } from "../oci/platform.js";
import type { JudgedFinding } from "../policy/finding.js";
import type { BuildOptions } from "./build-types.js";
import { prepareCatalog } from "./prepare-plans.js";
import { watched } from "./watched.js";
import { wholeOf } from "./whole-catalog.js";

/** How the policies of a catalog are asked. */
export interface CheckOptions extends Omit<BuildOptions, "output" | "reference" | "platform"> {
  /** Instead of the catalog's. */
  readonly platforms?: readonly string[];
  /** Builds nothing: what policies over built images would find is not known then. @default - false */
  readonly planOnly?: boolean;
}

/** What the policies say. */
export interface CheckResult {
  /** All of them, in the order of the images and policies; those that a suppression lets stand say why. */
  readonly findings: readonly JudgedFinding[];
  /** How many fail a build. */
  readonly errors: number;
  readonly warnings: number;
  /** How many are let stand. */
  readonly suppressed: number;
  /** Names of the images that a policy wants to see built, when nothing was. */
  readonly notBuilt: readonly string[];
}

/**
 * Asks the policies of a catalog about all its images. Images are built, into the store alone, where a policy looks at
 * the built image. `build`, `push` and `load` of a catalog do the same first, and fail on errors.
 *
 * @throws {DefinitionError} POLICY_CHECK_FAILED where a policy's own function fails
 * @throws {PlanError} and others, as `build` does, where an image has to be built
 * @example
 * ```ts
 * import { Catalog, check, Image, nonRoot } from "layerwright";
 *
 * const app = Image.scratch().write("/app", "1").user("root");
 * const { errors, findings } = await check(new Catalog("acme", { app }, { policies: [nonRoot()] }));
 * console.log(errors, findings[0]?.code, findings[0]?.fix); // 1 NON_ROOT add .user(65532), or .with(nonRoot())
 * ```
 */
export async function check(catalog: Catalog, options: CheckOptions = {}): Promise<CheckResult> {
  return watched(options, (told) => checkNow(catalog, told));
}

async function checkNow(catalog: Catalog, options: CheckOptions): Promise<CheckResult> {
  const { judgeAll } = await import("./pass-policies.js");
  const { platforms = catalog.platforms.map(platformText), planOnly = false, ...settings } = options;
  const context = resolve(options.context ?? ".");
  const prepared = await prepareCatalog(catalog, platforms, options);
  const plans = catalog.names.flatMap((name) =>
    platforms.map((platform) => ({ name, plan: prepared(name, platform).plan })),
  );
  const place = { ...settings, context, whole: wholeOf(catalog, options) };
  const { findings, awaiting } = await judgeAll(catalog, plans, place, planOnly);
  return { ...countFindings(findings), notBuilt: planOnly ? awaiting : [] };
}

/** Findings with their numbers. */
export function countFindings(findings: readonly JudgedFinding[]): Omit<CheckResult, "notBuilt"> {
  const standing = findings.filter(({ suppressed }) => suppressed === undefined);
  return {
    findings,
    errors: standing.filter(({ severity }) => severity === "error").length,
    warnings: standing.filter(({ severity }) => severity === "warning").length,
    suppressed: findings.length - standing.length,
  };
}
