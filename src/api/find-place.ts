import { existsSync } from "node:fs";
import type { FoundPlace } from "./observe.js";

/**
 * The path that a text means, or undefined: what is written as one (`./app`, `/tmp/app`, `app.tar`), and what has a
 * slash and is there.
 */
export function diskPath(text: string): string | undefined {
  const archive = /\.tar(\.|$)/.test(text);
  if ((/[\\/]/.test(text) || archive || text === ".") && existsSync(text)) return text;
  return archive || /^\.{0,2}\//.test(text) ? text : undefined;
}

/** Where the image is that a text names: a path, or else a reference. */
export function findPlace(text: string): FoundPlace {
  const path = diskPath(text);
  return path === undefined ? { kind: "registry", reference: text } : { kind: "disk", path };
}
