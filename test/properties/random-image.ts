import { chmodSync, linkSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { Image } from "layerwright";

/** A small context in which every kind of source is found. */
const FILES: readonly (readonly [path: string, mode: number])[] = [
  ["file", 0o644],
  ["tool", 0o755],
  ["tree/one", 0o644],
  ["tree/run", 0o755],
  ["tree/sub/two", 0o644],
  ["tree/sub/deep/three", 0o644],
  ["other/one", 0o644],
  ["src/a.js", 0o644],
  ["src/a.test.js", 0o644],
  ["src/b.js", 0o600],
  ["src/lib/c.js", 0o644],
  ["top.txt", 0o644],
  ["hard/first", 0o644],
];

/** Symbolic links of the context, some that lead to a file, a directory, another link, or upwards. */
const LINKS: readonly (readonly [path: string, target: string])[] = [
  ["tree/link", "one"],
  ["src/up.js", "../top.txt"],
  ["to-file", "file"],
  ["to-tree", "tree"],
  ["to-link", "to-tree"],
];

/** Hard links of the context: one file under three names. */
const HARD_LINKS = ["hard/second", "src/hard.js"];

/** How two contexts with the same files may differ. */
export interface ContextLook {
  readonly order: readonly number[];
  readonly seconds: number;
}

/** Writes the context; equal but for what must not matter. */
export function writeContext(folder: string, look: ContextLook = { order: [], seconds: 0 }): void {
  const order = [...look.order, ...FILES.keys()].map((index) => FILES[index % FILES.length]!);
  for (const [path, mode] of order) {
    const at = join(folder, path);
    mkdirSync(dirname(at), { recursive: true, mode: 0o755 });
    writeFileSync(at, `contents of ${path}\n`);
    chmodSync(at, mode);
    utimesSync(at, look.seconds, look.seconds);
  }
  for (const [path, target] of LINKS) symlinkSync(target, join(folder, path));
  for (const path of HARD_LINKS) linkSync(join(folder, "hard/first"), join(folder, path));
}

const folder = fc.constantFrom("/a", "/a/b", "/d", "/d/sub", "/tmp/x", "/lib/x");
const file = fc.constantFrom("/a/one", "/a/b/two", "/d/one", "/d/run", "/d/sub/two", "/top", "/lib/x/f");
/** Mostly what it should be; now and then a file in the place of a folder, a link, or nothing at all. */
const anywhere = fc.oneof(
  { weight: 3, arbitrary: folder },
  { weight: 5, arbitrary: file },
  { weight: 1, arbitrary: fc.constantFrom("/d/link", "/nothing") },
);
const mode = fc.constantFrom<number | string>(
  0o600,
  0o755,
  0o1777,
  0o4711,
  "u+x",
  "go-rwx",
  "a=rX",
  "u=rwX,go=rX",
);
const owner = fc.constantFrom<number | string>(0, 7, "5:6", "65532:65532");
const contents = fc.constantFrom("", "one\n", "two\n", "no newline");
const look = fc.record({ mode, owner }, { requiredKeys: [] });
const recursive = fc.boolean();

/** One or more steps, to be done to any image. */
export type Change = (image: Image) => Image;

const write = fc
  .record({ file, contents, look })
  .map((it) => (image: Image) => image.write(it.file, it.contents, it.look));
const copyFile = fc
  .record({ file, source: fc.constantFrom("file", "tool", "tree/one"), look })
  .map((it) => (image: Image) => image.copy(it.source, it.file, it.look));
const copyInto = fc
  .record({ folder, source: fc.constantFrom("file", "tool", "tree/*", "tree/one"), look })
  .map((it) => (image: Image) => image.copy(it.source, `${it.folder}/`, it.look));
const copyFolder = fc
  .record({ folder, source: fc.constantFrom("tree", "tree/", "tree/sub", "other"), look })
  .map((it) => (image: Image) => image.copy(it.source, it.folder, it.look));
const exclude = fc.subarray(
  ["*.test.js", "/a.js", "a.*", "!a.js", "lib", "**/one", "/top.txt", "hard.js", "sub"],
  {
    maxLength: 3,
  },
);
const copyGlob = fc
  .record({
    folder,
    source: fc.constantFrom("src/*.js", "*.txt", "src/*", "*/one", "src/[ab].js", "s?c/a*", "hard/*"),
    exclude,
  })
  .map((it) => (image: Image) => image.copy(it.source, `${it.folder}/`, { exclude: it.exclude }));
const copyPart = fc
  .record({
    folder,
    source: fc.constantFrom("src", "src/", "tree", "hard", "src/a.test.js", "top.txt"),
    exclude,
  })
  .map((it) => (image: Image) => image.copy(it.source, `${it.folder}/`, { exclude: it.exclude }));
const copySeveral = fc
  .record({
    folder,
    sources: fc.subarray(["file", "to-file", "hard/first", "src/*.js", "tree/sub"], { minLength: 2 }),
  })
  .map((it) => (image: Image) => image.copy(it.sources, `${it.folder}/`));
const copyLink = fc
  .record({
    path: fc.oneof(
      file,
      folder.map((path) => `${path}/`),
    ),
    source: fc.constantFrom(
      "to-file",
      "to-tree",
      "to-link",
      "to-tree/one",
      "tree/link",
      "to-link/sub",
      "src/up.js",
    ),
    look,
  })
  .map((it) => (image: Image) => image.copy(it.source, it.path, it.look));
const mkdir = fc.record({ folder, look }).map((it) => (image: Image) => image.mkdir(it.folder, it.look));
const symlink = fc
  .record({
    path: fc.constantFrom("/d/link", "/top", "/a/b/to"),
    target: fc.constantFrom("one", "../d", "/a/b"),
  })
  .map((it) => (image: Image) => image.symlink(it.target, it.path));
const remove = anywhere.map((path) => (image: Image) => image.remove(path));
const chmod = fc
  .record({ path: anywhere, mode, recursive })
  .map((it) => (image: Image) => image.chmod(it.path, it.mode, { recursive: it.recursive }));
const chown = fc
  .record({ path: anywhere, owner, recursive })
  .map((it) => (image: Image) => image.chown(it.path, it.owner, { recursive: it.recursive }));
const config = folder.map((path) => (image: Image) => image.env("A", "1").workdir(path).label("b", "2"));

/** One file step. Not every one can be done after every other: a program that cannot is refused by code. */
export const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 4, arbitrary: write },
  { weight: 2, arbitrary: copyGlob },
  { weight: 2, arbitrary: copyPart },
  { weight: 1, arbitrary: copySeveral },
  { weight: 1, arbitrary: copyLink },
  { weight: 3, arbitrary: copyFile },
  { weight: 2, arbitrary: copyInto },
  { weight: 4, arbitrary: copyFolder },
  { weight: 3, arbitrary: mkdir },
  { weight: 1, arbitrary: symlink },
  { weight: 3, arbitrary: remove },
  { weight: 3, arbitrary: chmod },
  { weight: 2, arbitrary: chown },
  { weight: 1, arbitrary: config },
);

/** The steps of a program, for the report of a counterexample. */
export function shown(change: Change): string {
  const { steps } = change(Image.scratch()).node;
  return JSON.stringify(steps, (key, value: unknown) => (key === "origin" ? undefined : value));
}

/** A program of 3 to 12 file steps, to be done to any image. */
export const program: fc.Arbitrary<Change> = fc
  .array(change, { minLength: 3, maxLength: 12 })
  .map((changes) => (image: Image) => changes.reduce((so, one) => one(so), image))
  .map((whole) => Object.assign(whole, { [fc.toStringMethod]: () => shown(whole) }));
