import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { DescribedImage } from "../../../src/engine/described/described-image.js";
import { bytesNow, reading } from "../../../src/engine/described/described-image.js";
import { isLayerwrightError } from "../../../src/errors/layerwright-error.js";
import { described } from "../../../src/project/prepare/described.js";
import { lowerImage, preparePlans } from "../../../src/project/prepare/prepare.js";
import type { TreeNode } from "../../../src/rootfs/tree.js";
import { walk } from "../../../src/rootfs/tree.js";
import { isModeKnown, whyContentUnknown } from "../../../src/rootfs/unknown.js";
import { buildPlan } from "../../api/of-plans.js";
import { type BasesFacts, ensureBases } from "../../fixtures/bases.js";
import { layoutRegistry } from "../../fixtures/layout-registry.js";
import { runsCommands } from "../../fixtures/sandbox-here.js";
import { caseFolder, caseImage, goldenCases, PLATFORM } from "../../golden/golden-cases.js";
import { serveFile } from "../../golden/serve-file.js";
import { type ImageListing, imageListing } from "../../peers/image-listing.js";

const work = mkdtempSync(join(tmpdir(), "layerwright-described-"));
const store = join(work, "store");
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

const octal = (mode: number) => mode.toString(8);

/** A file of the image as text; what only a build tells of it is left out on both sides. */
function nodeText(node: TreeNode, names: (id: number) => string, read: boolean): string {
  const mode = node.type === "symlink" ? "" : isModeKnown(node.mode) ? octal(node.mode) : "?";
  const owner = `${names(node.uid)}:${names(node.gid)}`;
  switch (node.type) {
    case "file": {
      if (whyContentUnknown(node) !== undefined) return `file ${mode} ${owner} ?`;
      // A base is opened again for each of its files.
      if (!read) return `file ${mode} ${owner} ${node.size} ?`;
      const bytes = bytesNow(node);
      return `file ${mode} ${owner} ${node.size} ${createHash("sha256").update(bytes).digest("hex")}`;
    }
    case "symlink":
      return `symlink ${owner} ${node.target}`;
    case "folder":
      return `folder ${mode} ${owner}`;
    default:
      return `special ${mode} ${owner}`;
  }
}

function describedTree({ tree, placedBy }: DescribedImage, names: (id: number) => string) {
  return new Map(
    [...walk(tree)].map(([path, node]) => {
      const read = placedBy.has(path) || path === "etc/motd";
      return [path, nodeText(node, names, read)] as const;
    }),
  );
}

function builtTree({ rootfs }: ImageListing): Map<string, string> {
  const lines = [...rootfs].filter(([path]) => path !== "");
  return new Map(
    lines.map(([path, file]) => {
      const owner = `${file.uid}:${file.gid}`;
      const mode = octal(file.mode);
      if (file.type === "dir") return [path, `folder ${mode} ${owner}`];
      if (file.type === "symlink") return [path, `symlink ${owner} ${file.linkname}`];
      // A hard link shares the object of its first name.
      if (file.type === "file" || file.type === "link")
        return [path, `file ${mode} ${owner} ${file.size} ${file.sha256}`];
      return [path, `special ${mode} ${owner}`];
    }),
  );
}

/** The built line with what the description leaves open left open too. */
function opened(line: string, like: string | undefined): string {
  const parts = line.split(" ");
  const open = like?.split(" ") ?? [];
  return parts
    .map((part, at) => (open[at] === "?" ? "?" : part))
    .slice(0, open.at(-1) === "?" ? open.length : undefined)
    .join(" ");
}

describe.each(goldenCases())("what is known of %s without a build", (name) => {
  const context = caseFolder(name);

  test("is what the build gives", async ({ skip }) => {
    if (name.includes("rootfs-folder") && !bases.owners)
      skip("only root can make a folder with its true owners");
    const { node } = await caseImage(name);
    const lowered = lowerImage(node, { context, platform: PLATFORM });
    const planned = (await preparePlans([lowered], { context }))[0]!;
    if (runsCommands(planned.plan)) skip("it runs commands");
    const dest = join(work, `${name}.tar`);
    const registry = layoutRegistry();
    const output = { type: "oci", dest } as const;
    const build = () =>
      buildPlan(planned, { context, store, output, compression: "none", registry, lock: false });
    const built = await build().catch((error: unknown) => error);
    if (built instanceof Error) {
      if (!isLayerwrightError(built)) throw built;
      if (built.code === "MANIFEST_NOT_FOUND") return skip("its base is not here");
      await expect(described(node, { context, platform: PLATFORM })).rejects.toThrowError(
        expect.objectContaining({ code: built.code }),
      );
      return;
    }
    const { image } = await described(node, { context, platform: PLATFORM });
    const onRegistry = image.unknown.within("") !== undefined;
    const result = built as Awaited<ReturnType<typeof build>>;
    const listing = imageListing(dest);
    const ours = await reading(() => describedTree(image, (id) => (id < 0 ? "?" : `${id}`)));
    const theirs = builtTree(listing);
    for (const [path, line] of theirs) theirs.set(path, opened(line, ours.get(path)));
    if (onRegistry) {
      for (const path of image.placedBy.keys()) {
        if (ours.has(path)) expect([path, theirs.get(path)]).toEqual([path, ours.get(path)]);
      }
      return;
    }
    expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(theirs));
    expect(image.config).toEqual(listing.config["config"]);
    expect(image.layers.length).toBe(result.layers.length);
    for (const [at, layer] of image.layers.entries()) {
      const { uncompressedSize } = result.layers[at]!;
      if (layer.unknown === undefined && uncompressedSize !== undefined)
        expect(layer.bytes).toBe(uncompressedSize);
    }
  });
});
