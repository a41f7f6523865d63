import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, test } from "vitest";
import { emitResolved } from "../../src/project/dockerfile.js";
import { knownBases } from "../../src/project/prepare/known-bases.js";
import { planImage } from "../../src/project/prepare/prepare.js";
import { buildPlan } from "../api/of-plans.js";
import { type BasesFacts, ensureBases } from "../fixtures/bases.js";
import { layoutRegistry } from "../fixtures/layout-registry.js";
import { runsCommands, whyNoSandbox } from "../fixtures/sandbox-here.js";
import { imageListing } from "../peers/image-listing.js";
import { caseSecrets } from "./case-secrets.js";
import { expectGolden, textOrRefusal } from "./expect-golden.js";
import { caseFolder, caseImage, goldenCases, PLATFORM } from "./golden-cases.js";
import { listingText } from "./listing-text.js";
import { serveFile } from "./serve-file.js";

const work = mkdtempSync(join(tmpdir(), "layerwright-golden-"));
const store = join(work, "store");
const noSandbox = await whyNoSandbox();
let bases: BasesFacts;
let close: () => Promise<void>;

beforeAll(async () => {
  bases = ensureBases();
  close = await serveFile();
});
afterAll(async () => {
  await close();
  rmSync(work, { recursive: true, force: true });
});

describe.each(goldenCases())("golden %s", (name) => {
  const context = caseFolder(name);
  const optimized = async () => planImage((await caseImage(name)).node, { context, platform: PLATFORM });
  const skipWithoutOwners = (skip: (note: string) => void) => {
    if (name.includes("rootfs-folder") && !bases.owners)
      skip("only root can make a folder with its true owners");
  };

  test("plan", async () => {
    const { plan } = await optimized();
    expectGolden(context, "plan.json", `${JSON.stringify(plan, null, 2)}\n`);
  });

  test.each([
    ["Dockerfile", "buildkit"],
    ["Dockerfile.classic", "classic"],
  ] as const)("%s", async (file, dialect) => {
    const { plan } = await optimized();
    const known = await knownBases(plan, context, store);
    expectGolden(context, file, await textOrRefusal(() => emitResolved([known], context, { dialect }).text));
  });

  test("layers", async ({ skip }) => {
    skipWithoutOwners(skip);
    const planned = await optimized();
    if (runsCommands(planned.plan) && noSandbox !== undefined) skip(noSandbox);
    const dest = join(work, `${name}.tar`);
    const text = await textOrRefusal(async () => {
      const output = { type: "oci", dest } as const;
      const secrets = caseSecrets(context);
      const registry = layoutRegistry();
      const options = {
        context,
        store,
        output,
        compression: "none",
        secrets,
        registry,
        lock: false,
      } as const;
      const built = await buildPlan(planned, options);
      const inherited = built.layers.filter((layer) => layer.inherited).length;
      return listingText(imageListing(dest), inherited);
    });
    expectGolden(context, "layers.txt", text);
  });
});
