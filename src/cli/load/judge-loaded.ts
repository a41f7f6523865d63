import { readFileSync } from "node:fs";
import type { Catalog } from "../../catalog/catalog.js";
import type { PolicyReport } from "../../policy/judge-catalog.js";
import { judgePlans } from "../../project/gate/policies.js";
import { namedPlans } from "../../project/project.js";
import { readBuiltFile } from "./built-file.js";
import type { LoadRequest, LoweredCatalog, PolicyRequest } from "./loaded-catalog.js";
import { prepareLoaded } from "./prepare-loaded.js";

/**
 * Runs the policies here, where their functions are, over the prepared plans and over what was built of them. Nothing is
 * fetched for that.
 */
export async function judgeLoaded(
  catalog: Catalog,
  lowered: LoweredCatalog,
  { context }: LoadRequest,
  { lock, store, built }: PolicyRequest,
): Promise<PolicyReport> {
  const place = { context, store, offline: true, ...(lock === undefined ? {} : { lock }) };
  const { images } = await prepareLoaded(lowered, place);
  const facts = built === undefined ? [] : readBuiltFile(readFileSync(built, "utf8"));
  return judgePlans(catalog, namedPlans(images), { context, facts, ...(lock === undefined ? {} : { lock }) });
}
