import type { Catalog } from "../catalog/catalog.js";
import type { CheckOptions, CheckResult } from "../project/check.js";
import { openProject } from "../project/project.js";
import { watched } from "./watched.js";

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
  const { checkProject } = await import("../project/check.js");
  const { platforms, planOnly = false, ...settings } = options;
  return checkProject(await openProject(catalog, { ...settings, platforms }), settings, planOnly);
}
