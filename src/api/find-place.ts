import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import type { FoundPlace } from "./observe.js";

/**
 * The path that a text means, or undefined: what is written as one (`./app`, `/tmp/app`, `app.tar`), and what has a
 * slash and is a file or a layout. A folder of sources may be called as an image is, `api/server`.
 */
export function diskPath(text: string): string | undefined {
  const archive = /\.tar(\.|$)/.test(text);
  if ((/[\\/]/.test(text) || archive || text === ".") && isImageAt(text)) return text;
  return archive || /^\.{0,2}\//.test(text) ? text : undefined;
}

function isImageAt(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true || existsSync(join(path, "index.json"));
}

/** Where the image is that a text names: a path, or else a reference. */
export function findPlace(text: string): FoundPlace {
  const path = diskPath(text);
  return path === undefined ? { kind: "registry", reference: text } : { kind: "disk", path };
}
