import { readFileSync } from "node:fs";
import { judgePlans } from "../../api/judge-plans.js";
import type { Catalog } from "../../catalog/catalog.js";
import type { PolicyReport } from "../../policy/judge-catalog.js";
import { readBuiltFile } from "./built-file.js";
import type { LoadedImage, LoadRequest, PolicyRequest } from "./loaded-catalog.js";

/** Runs the policies here, where their functions are, over the plans that were lowered and over what was built of them. */
export async function judgeLoaded(
  catalog: Catalog,
  images: readonly LoadedImage[],
  { context }: LoadRequest,
  { lock, built }: PolicyRequest,
): Promise<PolicyReport> {
  const plans = images.flatMap(({ name, plans }) =>
    plans.map(({ optimized }) => ({ name, plan: optimized.plan })),
  );
  const facts = built === undefined ? [] : readBuiltFile(readFileSync(built, "utf8"));
  return judgePlans(catalog, plans, {
    context,
    ...(lock === undefined ? {} : { lock }),
    builtOf: (name, platform) => facts.find((one) => one.name === name && one.platform === platform),
  });
}
