import { WHITEOUT_PREFIX } from "../../layer/whiteout.js";
import type { TarEntry } from "../../tar/tar-entry.js";
import type { OpenedLayer } from "./opened-layers.js";

/**
 * True when the layers that two images share must be looked into to say what the layers above make different. They need
 * not where both write the same paths, and remove nothing: whatever lies below is hidden, or seen in both alike.
 */
export function needsSharedBase(before: readonly OpenedLayer[], after: readonly OpenedLayer[]): boolean {
  const left = writtenBy(before);
  const right = writtenBy(after);
  if (left === undefined || right === undefined || left.size !== right.size) return true;
  for (const [path, type] of left) if (right.get(path) !== type) return true;
  return false;
}

/** The kind of thing that is written at each path; undefined where that alone does not say what will be there. */
function writtenBy(layers: readonly OpenedLayer[]): Map<string, string> | undefined {
  const written = new Map<string, string>();
  for (const { index } of layers) {
    for (const { entry } of index.entries) {
      const kind = kindOf(entry, written);
      if (kind === undefined || (written.get(entry.path) ?? kind) !== kind) return undefined;
      written.set(entry.path, kind);
    }
  }
  return written;
}

/** A folder keeps what is in it below, all else does not. A link to a file below has what is there. */
function kindOf({ type, path, linkname }: TarEntry, written: ReadonlyMap<string, string>) {
  if (path.includes(WHITEOUT_PREFIX)) return undefined;
  if (type === "folder") return "folder";
  if (type === "hardlink" && written.get(linkname ?? "") !== "thing") return undefined;
  return "thing";
}
