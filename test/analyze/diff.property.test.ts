import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { build, diff, Image, isLayerwrightError, type Reports } from "layerwright";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ensureBases } from "../fixtures/bases.js";
import { caseFolder, caseImage, goldenCases, PLATFORM } from "../golden/golden-cases.js";
import { findUmoci } from "../peers/find-umoci.js";
import { program, writeContext } from "../properties/random-image.js";
import { bytesOf, judged, partedLinks, said, type UnpackedTree, unpackedTree } from "./unpacked-tree.js";

const RUNS = Number(process.env["LAYERWRIGHT_PROPERTY_RUNS"] ?? 15);
const { umoci, skip } = findUmoci();

let folder: string;
beforeAll(() => {
  ensureBases();
  folder = mkdtempSync(join(tmpdir(), "layerwright-diff-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An image as umoci unpacks it; undefined for one that cannot be built here, or not unpacked by umoci. */
async function unpacked(
  image: Image,
  context: string,
): Promise<{ layout: string; tree: UnpackedTree } | undefined> {
  const layout = mkdtempSync(join(folder, "layout-"));
  const output = { type: "layout", dest: layout } as const;
  try {
    const common = { context, store: join(folder, "store"), lock: false, platform: PLATFORM } as const;
    await build(image, { ...common, output, reference: "judge:v1", compression: "gzip:1" });
  } catch (error) {
    if (isLayerwrightError(error)) return undefined;
    throw error;
  }
  const tree = unpackedTree(umoci!, layout, "v1");
  return tree && { layout, tree };
}

/** That what was said is what the judge finds: which paths, in what, and how many bytes. */
function expectJudged(difference: Reports.ImageDifference, before: UnpackedTree, after: UnpackedTree): void {
  const { files = [] } = difference;
  expect(said(difference)).toEqual(judged(before, after));
  expect(files.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(bytesOf(after) - bytesOf(before));
  const named = new Set(files.flatMap(({ path, aspects }) => (aspects.includes("links") ? [path] : [])));
  expect(partedLinks(before, after, named)).toEqual([]);
  if (named.size > 0) expect(partedLinks(before, after, new Set())).not.toEqual([]);
}

describe.skipIf(skip !== undefined)(
  `differences, judged by umoci and a plain walk${skip === undefined ? "" : ` (skipped: ${skip})`}`,
  () => {
    it("are right for any two programs, on bases that they share or not", { timeout: 600_000 }, async () => {
      const context = join(folder, "context");
      mkdirSync(context);
      writeContext(context);
      const any = fc.tuple(program, program, program, fc.constantFrom("keep", "own", "all"), fc.boolean());
      await fc.assert(
        fc.asyncProperty(any, async ([base, one, two, squash, apart]) => {
          const bases = [base(Image.scratch()), apart ? two(Image.scratch()) : base(Image.scratch())];
          const images = [
            one(Image.from(bases[0]!)).squash(squash as "own"),
            two(Image.from(bases[1]!)),
          ] as const;
          const [before, after] = [await unpacked(images[0], context), await unpacked(images[1], context)];
          // Many a program cannot be built, and there is nothing to compare.
          fc.pre(before !== undefined && after !== undefined);
          const options = { context, store: join(folder, "store"), lock: false, platform: PLATFORM } as const;
          const difference = await diff(...images, options);
          expectJudged(difference, before.tree, after.tree);
          // Found on the disk it is the same, the lines of the user aside.
          const found = await diff(before.layout, after.layout, {
            store: join(folder, "store"),
            platform: PLATFORM,
          });
          expect(said(found)).toEqual(said(difference));
        }),
        { numRuns: RUNS },
      );
    });

    it("are right for golden images, each against the next", { timeout: 600_000 }, async () => {
      const names = goldenCases().filter((name) => !/^(run|recipes|registry|add|packages)-/.test(name));
      let last: Awaited<ReturnType<typeof unpacked>>;
      let pairs = 0;
      for (const name of names) {
        const next = await unpacked(await caseImage(name), caseFolder(name));
        if (last !== undefined && next !== undefined) {
          pairs++;
          const options = { store: join(folder, "store"), platform: PLATFORM };
          expectJudged(await diff(last.layout, next.layout, options), last.tree, next.tree);
        }
        last = next ?? last;
      }
      expect(pairs).toBeGreaterThan(40);
    });
  },
);
