import fc from "fast-check";
import { expect, test } from "vitest";
import type { ObservedEntry } from "../../src/analyze/observed-image.js";
import { wasteOf } from "../../src/analyze/waste/waste-of.js";
import { applyLayer } from "../../src/rootfs/apply-layer.js";
import { emptyTree } from "../../src/rootfs/tree.js";
import { noBytes } from "../layer/random-trees.js";
import { observedImage } from "./observed-images.js";
import { reportFigures } from "./report-figures.js";
import { type ReferenceEntry, referenceFigures } from "./waste-reference.js";

const RUNS = Number(process.env["LAYERWRIGHT_WASTE_RUNS"] ?? 300);

const name = fc.constantFrom("a", "b", "c", "é");
const path = fc.array(name, { minLength: 1, maxLength: 3 }).map((names) => names.join("/"));
const TEXTS = ["one", "two", "three", ""];

const file = fc.record({ path, text: fc.constantFrom(...TEXTS) }).map(
  ({ path, text }): ReferenceEntry => ({
    path,
    type: "file",
    size: text.length,
    sha256: text,
    linkname: "",
  }),
);
const other = (type: string) =>
  path.map((path): ReferenceEntry => ({ path, type, size: 0, sha256: "", linkname: "" }));
const link = fc
  .record({ path, linkname: path })
  .map(({ path, linkname }): ReferenceEntry => ({ path, type: "link", size: 0, sha256: "", linkname }));
const whiteout = path.map((gone): ReferenceEntry => {
  const cut = gone.lastIndexOf("/") + 1;
  const hidden = `${gone.slice(0, cut)}.wh.${gone.slice(cut)}`;
  return { path: hidden, type: "file", size: 0, sha256: "", linkname: "" };
});
const opaque = path.map(
  (folder): ReferenceEntry => ({
    path: `${folder}/.wh..wh..opq`,
    type: "file",
    size: 0,
    sha256: "",
    linkname: "",
  }),
);

const layer = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: file },
    { weight: 2, arbitrary: other("dir") },
    { weight: 1, arbitrary: other("fifo") },
    { weight: 3, arbitrary: link },
    { weight: 3, arbitrary: whiteout },
    { weight: 1, arbitrary: opaque },
  ),
  { maxLength: 9 },
);

/** Layers that can be applied: no hard links to what is not there, nothing below what is no directory. */
const layers = fc.array(layer, { minLength: 1, maxLength: 6 }).map((drafts) => {
  const kept: ReferenceEntry[][] = [];
  for (const draft of drafts) {
    kept.push([]);
    for (const entry of draft) {
      kept.at(-1)!.push(entry);
      if (!isWhole(kept)) kept.at(-1)!.pop();
    }
  }
  return kept;
});

/** Whether every hard link leads to a file, laid out by the paths alone, and every entry has its place. */
function isWhole(layers: readonly (readonly ReferenceEntry[])[]): boolean {
  try {
    referenceFigures(layers);
    const tree = emptyTree();
    for (const drawn of layers) {
      const entries = drawn.map((one) => ({ entry: observedEntry(one), offset: 0 }));
      applyLayer(tree, { diffId: `sha256:${"0".repeat(64)}`, size: 0, entries }, noBytes());
    }
    return true;
  } catch {
    return false;
  }
}

const TYPES: Readonly<Record<string, ObservedEntry["type"]>> = {
  file: "file",
  dir: "folder",
  link: "hardlink",
  fifo: "fifo",
};

function observedEntry({ path, type, size, sha256, linkname }: ReferenceEntry): ObservedEntry {
  const common = { path, mode: 0o644, uid: 0, gid: 0, mtime: 0, size };
  if (type === "link") return { ...common, type: "hardlink", linkname };
  return { ...common, type: TYPES[type]!, ...(type === "file" ? { sha256 } : {}) };
}

test("figures are those of a model that compares path by path", { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(layers, async (drawn) => {
      const report = await wasteOf(observedImage(drawn.map((entries) => entries.map(observedEntry))));
      const expected = referenceFigures(drawn);
      expect(reportFigures(report)).toEqual(expected);
      expect(report.wastedBytes).toBe(report.rows.reduce((sum, { bytes }) => sum + bytes, 0));
      expect(report.efficiency).toBe(expected.content === 0 ? 1 : expected.final / expected.content);
      const lost = expected.overwritten + expected.removed + expected.copiedUp;
      expect(lost).toBe(expected.content - expected.final);
    }),
    { numRuns: RUNS },
  );
});
