import { parentPath } from "../../core/posix-path.js";
import type { Origin } from "../../errors/origin.js";
import { OPAQUE_NAME, whiteoutTarget } from "../../layer/whiteout.js";
import type { OpenedLayer } from "./opened-layers.js";

/**
 * The user's line behind a path that differs: that of the layer which wrote it last, or for a path that is gone, which
 * removed it; where the image after has nothing to do with that, the line that had written it before.
 *
 * @returns takes a path without a leading slash, and whether the image after has it
 */
export function originsOf(
  before: readonly OpenedLayer[],
  after: readonly OpenedLayer[],
): (path: string, present: boolean) => Origin | undefined {
  const old = lastWriters(before);
  const now = lastWriters(after);
  const removed = removers(after);
  return (path, present) => {
    if (present) return now.get(path)?.layer.originOf(path);
    for (let at = path; at !== ""; at = at.slice(0, Math.max(at.lastIndexOf("/"), 0))) {
      const remover = removed.get(at);
      if (remover !== undefined) return remover.layer.originOf(at);
    }
    return old.get(path)?.layer.originOf(path);
  };
}

function lastWriters(layers: readonly OpenedLayer[]): Map<string, OpenedLayer> {
  return new Map(layers.flatMap((layer) => layer.index.entries.map(({ entry }) => [entry.path, layer])));
}

function removers(layers: readonly OpenedLayer[]): Map<string, OpenedLayer> {
  const found = new Map<string, OpenedLayer>();
  for (const layer of layers) {
    for (const { entry } of layer.index.entries) {
      const target = entry.path.endsWith(`/${OPAQUE_NAME}`)
        ? parentPath(entry.path)
        : whiteoutTarget(entry.path);
      if (target !== undefined) found.set(target, layer);
    }
  }
  return found;
}
