import { createHash } from "node:crypto";
import { pathToBytes } from "../../core/path-bytes.js";
import type { LayerItem } from "../../layer/layer-item.js";
import { contentIdentity } from "../content-identity.js";

/** Changes when the same entries would be written as other bytes, so that old records are no longer found. */
export const WRITER_VERSION = "tar-1";

const FLUSH_AT = 1 << 16;

/**
 * The cache key of a layer: a digest over everything that its bytes depend on - every entry with its attributes,
 * what tells the content of each file apart, the encoder and the writer. Undefined where a content cannot be named.
 */
export function layerKey(items: readonly LayerItem[], encoderId: string): string | undefined {
  const hash = createHash("sha256");
  let text = `${WRITER_VERSION}\n${encoderId}\n`;
  for (const { entry, content } of items) {
    const identity = content === undefined ? "" : contentIdentity(content);
    if (identity === undefined) return undefined;
    // JSON keeps names with line breaks apart from the lines of the key.
    text += `${JSON.stringify(entry.path)} ${entry.type} ${entry.mode} ${entry.uid} ${entry.gid} ${entry.size} ${entry.mtime} ${identity}`;
    if (entry.linkname !== undefined) text += ` ${JSON.stringify(entry.linkname)}`;
    if (entry.devmajor !== undefined) text += ` ${entry.devmajor}:${entry.devminor}`;
    if (entry.xattrs !== undefined) text += ` ${xattrText(entry.xattrs)}`;
    text += "\n";
    if (text.length < FLUSH_AT) continue;
    hash.update(text);
    text = "";
  }
  return hash.update(text).digest("hex");
}

function xattrText(xattrs: Readonly<Record<string, Uint8Array>>): string {
  const names = Object.keys(xattrs).sort();
  return names
    .map((name) => `${pathToBytes(name).toString("hex")}=${Buffer.from(xattrs[name]!).toString("hex")}`)
    .join(",");
}
