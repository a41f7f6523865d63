import { resolve } from "node:path";
import type { Catalog } from "../catalog/catalog.js";
import { platformText } from "../oci/platform.js";
import { wholeOf } from "../project/gate.js";
import { type CheckOptions, type CheckResult, countFindings } from "../project/policies.js";
import { prepareCatalog } from "../project/prepare.js";
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
  const { judgeAll } = await import("../project/gate.js");
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
