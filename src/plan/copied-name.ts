import { baseName } from "../core/posix-path.js";
import type { AddOperation, CopyOperation } from "./operation.js";

/** The name that a download has, where its destination is a directory. */
export function downloadName(url: string): string {
  const { pathname } = new URL(url);
  return decodeURIComponent(pathname.slice(pathname.lastIndexOf("/") + 1)).replaceAll("/", "_") || "download";
}

/**
 * True when a file is copied under the name that it has. Only then a destination without a slash says that the file itself
 * is meant, whatever a base that nobody looked into has there: under another name it may be a directory to copy into.
 */
export function keepsName(operation: AddOperation | CopyOperation): boolean {
  const name = baseName(operation.dest);
  if (operation.op === "add") return downloadName(operation.url) === name;
  return operation.sources.every(({ path }) => baseName(`/${path}`) === name);
}
