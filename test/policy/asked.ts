import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  Catalog,
  type CatalogOptions,
  type CheckOptions,
  type CheckResult,
  check,
  type Image,
  type Policies,
  type Policy,
} from "layerwright";
import { afterAll } from "vitest";

/** A folder for the context and the store of a test file's images. */
export const work = mkdtempSync(join(tmpdir(), "layerwright-policy-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const options: CheckOptions = { context: work, store: join(work, "store"), lock: false };

/** What a catalog's policies say of its images. */
export function checked(
  images: Readonly<Record<string, Image>>,
  rules: CatalogOptions,
  more: CheckOptions = {},
): Promise<CheckResult> {
  const catalog = new Catalog("acme", images, { platforms: ["linux/amd64"], ...rules });
  return check(catalog, { ...options, ...more });
}

/** What one policy says of one image, from its plan alone. */
export async function planned(
  image: Image,
  policy: Policy,
  more: CheckOptions = {},
): Promise<readonly Policies.JudgedFinding[]> {
  return (await checked({ app: image }, { policies: [policy] }, { planOnly: true, ...more })).findings;
}

/** What one policy says of one image that was built. */
export async function built(image: Image, policy: Policy): Promise<readonly Policies.JudgedFinding[]> {
  return (await checked({ app: image }, { policies: [policy] })).findings;
}
