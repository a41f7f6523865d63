import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listRootfs } from "../../src/adapters/bases/rootfs-base.js";
import { NodeFiles } from "../../src/adapters/files-node/node-files.js";
import { tarBlocks } from "../../src/archive/tar-blocks.js";
import type { TarItem } from "../../src/archive/tar-entry.js";
import { LayerwrightError } from "../../src/errors/layerwright-error.js";

/** What no image may hold: the content of every file outside of the context, as long as the content inside. */
export const OUTSIDE = "bytes from outside of the context";
const INSIDE = "bytes from inside of the context ";

/** A source, and the name in the context that is swapped for a link while it is read. */
export interface Swap {
  readonly title: string;
  /** The pattern of the copy; undefined for the context as a base that is a directory. */
  readonly source: string | undefined;
  readonly swapped: string;
}

export const SWAPS: readonly Swap[] = [
  { title: "a file", source: "a/d/f", swapped: "a/d/f" },
  { title: "a directory", source: "a/d", swapped: "a/d" },
  { title: "the parent of a file", source: "a/d/f", swapped: "a/d" },
  { title: "the parent of a directory", source: "a/d", swapped: "a" },
  { title: "a directory in a copied one", source: ".", swapped: "a/d" },
  { title: "a deep directory in a copied one", source: ".", swapped: "a/d/1/2/3/4/5" },
  { title: "a match of a pattern", source: "a/*", swapped: "a/d" },
  { title: "a directory that a pattern goes through", source: "a/*/f", swapped: "a/d" },
  { title: "a directory that ** goes through", source: "**/f", swapped: "a" },
  { title: "where a link of the context leads", source: "link", swapped: "a/d" },
  { title: "the way of a link of the context", source: "link/f", swapped: "a" },
  { title: "a directory in a root file system", source: undefined, swapped: "a/d" },
  { title: "a file in a root file system", source: undefined, swapped: "a/d/f" },
];

/** What is swapped, the link that takes its place, and where it is kept meanwhile. */
interface SwapPaths {
  readonly real: string;
  readonly link: string;
  readonly kept: string;
}

/** A context beside a tree of the same names that is none of it. */
export class SwappedContext {
  readonly directory = mkdtempSync(join(tmpdir(), "lw-swapped-"));
  readonly context = join(this.directory, "context");
  readonly paths: SwapPaths;

  constructor({ swapped }: Swap) {
    for (const [tree, text] of [
      ["context", INSIDE],
      ["outside", OUTSIDE],
    ] as const) {
      mkdirSync(join(this.directory, tree, "a/d/1/2/3/4/5"), { recursive: true });
      for (const path of ["a/d/f", "a/d/g", "a/d/1/2/3/4/5/f"])
        writeFileSync(join(this.directory, tree, path), text);
    }
    symlinkSync("a/d", join(this.context, "link"));
    const link = join(this.directory, "link-out");
    symlinkSync(join(this.directory, "outside", swapped), link);
    this.paths = { real: join(this.context, swapped), link, kept: join(this.directory, "kept") };
  }

  /** Puts the link in the place of what it is named after. */
  swap(): void {
    const { real, link, kept } = this.paths;
    renameSync(real, kept);
    renameSync(link, real);
  }

  /** Puts back what was there. */
  restore(): void {
    const { real, link, kept } = this.paths;
    renameSync(real, link);
    renameSync(kept, real);
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** The bytes of a layer with all that a source names, or the code of the refusal. */
export async function readSource(context: string, source: string | undefined): Promise<Buffer | string> {
  try {
    const items = source === undefined ? await listRootfs(context) : itemsOf(context, source);
    return Buffer.concat([...tarBlocks(items)].map((block) => Buffer.from(block)));
  } catch (error) {
    if (error instanceof LayerwrightError) return error.code;
    throw error;
  }
}

function itemsOf(context: string, source: string): TarItem[] {
  const matches = new NodeFiles({ main: context }).list(undefined, source, []);
  return matches.flatMap(({ path, entries }) =>
    entries.map((entry): TarItem => {
      const base = { path: `${path}/${entry.path}`.replace(/^\.\/|\/$/g, ""), uid: 0, gid: 0, mtime: 0 };
      const { type, mode, size, target } = entry;
      return { entry: { ...base, type, mode, size, linkname: target }, content: entry.host };
    }),
  );
}
