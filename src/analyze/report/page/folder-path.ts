import type { ImageFolder } from "./image-files.js";

/** The folder at a path from the root; undefined where there is none. */
export function folderAt(root: ImageFolder, path: readonly string[]): ImageFolder | undefined {
  return path.reduce<ImageFolder | undefined>(
    (at, name) => at?.folders.find((one) => one.name === name),
    root,
  );
}

/** The path that one gets to going out of a folder: past folders that hold nothing else, as one came in. */
export function pathOut(root: ImageFolder, path: readonly string[]): readonly string[] {
  let out = path.slice(0, -1);
  while (out.length > 0) {
    const at = folderAt(root, out);
    if (at === undefined || at.files.length > 0 || at.folders.length > 1) break;
    out = out.slice(0, -1);
  }
  return out;
}
