import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isLayerwrightError } from "layerwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { wasteOf } from "../../src/analyze/waste/waste-of.js";
import { withFoundImages } from "../../src/project/observe.js";
import { planImage } from "../../src/project/prepare/prepare.js";
import { buildPlan } from "../api/of-plans.js";
import { type BasesFacts, ensureBases } from "../fixtures/bases.js";
import { layoutRegistry } from "../fixtures/layout-registry.js";
import { runsCommands, whyNoSandbox } from "../fixtures/sandbox-here.js";
import { caseSecrets } from "../golden/case-secrets.js";
import { caseFolder, caseImage, goldenCases, PLATFORM } from "../golden/golden-cases.js";
import { serveFile } from "../golden/serve-file.js";
import { imageListing } from "../peers/image-listing.js";
import { reportFigures } from "./report-figures.js";
import { referenceFigures } from "./waste-reference.js";

const work = mkdtempSync(join(tmpdir(), "layerwright-waste-"));
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

/** What the golden images have that is waste for its name. */
const NAMED = /^(tmp|var\/tmp|var\/log|var\/cache\/apt|var\/lib\/apt\/lists|usr\/share\/doc)\//;

describe.each(goldenCases())("waste of golden %s", (name) => {
  test("is what the reference says", async ({ skip }) => {
    if (name.includes("rootfs-folder") && !bases.owners) skip("only root can make a folder with its owners");
    const context = caseFolder(name);
    const planned = planImage((await caseImage(name)).node, { context, platform: PLATFORM });
    if (runsCommands(planned.plan) && noSandbox !== undefined) skip(noSandbox);
    const dest = join(work, `${name}.tar`);
    try {
      await buildPlan(planned, {
        context,
        store,
        output: { type: "oci", dest },
        compression: "none",
        secrets: caseSecrets(context),
        registry: layoutRegistry(),
        lock: false,
      });
    } catch (error) {
      if (!isLayerwrightError(error)) throw error;
      return skip(`there is no such image: ${error.code}`);
    }
    const { layers, rootfs } = imageListing(dest);
    const expected = referenceFigures(
      layers.map(({ paths }) => paths),
      (path) => NAMED.test(path),
    );
    await withFoundImages([{ kind: "disk", path: dest }], { store, platform: PLATFORM }, async ([image]) => {
      const report = await wasteOf(image!);
      expect(reportFigures(report)).toEqual(expected);
      const files = new Set([...rootfs.values()].filter(({ type }) => type === "file"));
      expect(report.finalBytes).toBe([...files].reduce((sum, { size }) => sum + size, 0));
      const named = [...files].filter(({ path, size }) => NAMED.test(path) && size > 0);
      const byName = new Set(["overwritten", "removed", "copied-up", "duplicate", "setuid"]);
      const told = report.rows.filter(({ kind }) => !byName.has(kind));
      expect(told.reduce((sum, { files }) => sum + files, 0)).toBe(named.length);
    });
  });
});
