import type { LayerBytes, NodeContent } from "../layer/tree-node.js";
import { digestOf } from "../oci/digest.js";
import type { StampedGuard } from "./operations/copy-context.js";

const identities = new WeakMap<LayerBytes, string>();

/** Notes which bytes a layer is made of, so that cache keys can name them. */
export function identify(layer: LayerBytes, identity: string): void {
  identities.set(layer, identity);
}

/**
 * Text that is the same only for the same bytes: a digest, a place in a layer of known digest, or what `lstat` said
 * of a host file. Undefined where nothing is known that could be relied on.
 */
export function contentIdentity(content: NodeContent): string | undefined {
  switch (content.kind) {
    case "bytes":
      return digestOf(content.bytes);
    case "layer": {
      const layer = identities.get(content.layer);
      return layer === undefined ? undefined : `${layer}+${content.offset}`;
    }
    case "file": {
      const stamp = stampOf(content);
      return stamp && `${stamp.dev}/${stamp.ino}@${stamp.mtimeMs},${stamp.ctimeMs}`;
    }
    case "range":
      return undefined;
  }
}

/** What `lstat` said of a host file, if it was noted in full. */
export function stampOf(content: NodeContent): StampedGuard | undefined {
  if (content.kind !== "file") return undefined;
  const guard = content.guard as StampedGuard | undefined;
  return guard?.ctimeMs === undefined ? undefined : guard;
}
