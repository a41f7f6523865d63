import { posix } from "node:path";
import { type Call, refuse } from "./call.js";
import { isWellFormed } from "./strings.js";

/** Linux's NAME_MAX and PATH_MAX (with the ending NUL), in bytes. */
const MAX_NAME = 255;
const MAX_PATH = 4095;
/** A file of this name in a layer means that another is deleted (image-spec layer.md, whiteouts). */
const WHITEOUT = ".wh.";

/**
 * Reads a path of the image, absolute or relative to the working directory, and cleans it: `//`, `.` and `..` go
 * away, and `..` above the root stays at the root. A line break is legal in a Linux name and stays.
 */
export function parseContainerPath(call: Call, value: unknown): string {
  const text = checkPathText(call, value);
  const cleaned = posix.normalize(text);
  const path = cleaned.length > 1 && cleaned.endsWith("/") ? cleaned.slice(0, -1) : cleaned;
  checkNames(call, value, path);
  return path;
}

/** Like `parseContainerPath`, for the destination of a copy, where a `/` at the end says that it is a directory. */
export function parseDestination(call: Call, value: unknown): string {
  const path = parseContainerPath(call, value);
  const folder = /(^|\/)\.{0,2}$/.test(value as string);
  return folder && !path.endsWith("/") ? `${path}/` : path;
}

/** Like `parseContainerPath`, for what has to be absolute. */
export function parseAbsolutePath(call: Call, value: unknown): string {
  const path = parseContainerPath(call, value);
  if (!path.startsWith("/")) invalid(call, value, 'is not absolute: it has to start with "/"');
  return path;
}

/** Like `parseContainerPath`, for the path of a file, which does not end in `/`. */
export function parseFilePath(call: Call, value: unknown): string {
  const path = parseContainerPath(call, value);
  if (path === "/" || /(^|\/)\.{0,2}$/.test(value as string))
    invalid(call, value, "is a directory, not a file");
  return path;
}

/** Like `parseContainerPath`, for a working directory: one of a process would lead out of the image. */
export function parseWorkdir(call: Call, value: unknown): string {
  const path = parseContainerPath(call, value);
  if (/^\/proc(?:\/|$)/.test(path)) invalid(call, value, "is in /proc, which is no part of an image");
  return path;
}

/** Checks what every path, link target and pattern has in common: text that the kernel can take. */
export function checkPathText(call: Call, value: unknown): string {
  if (typeof value !== "string") return invalid(call, value, "is not a string");
  if (value === "") return invalid(call, value, "is empty");
  if (value.includes("\0")) return invalid(call, value, "holds a NUL");
  if (!isWellFormed(value)) return invalid(call, value, "is not well-formed Unicode");
  if (Buffer.byteLength(value) > MAX_PATH) return invalid(call, value, `is longer than ${MAX_PATH} bytes`);
  return value;
}

function checkNames(call: Call, value: unknown, path: string): void {
  for (const name of path.split("/")) {
    if (name.startsWith(WHITEOUT)) {
      invalid(call, value, `has a name starting with "${WHITEOUT}", which in a layer means a deleted file`);
    }
    if (Buffer.byteLength(name) > MAX_NAME) {
      invalid(call, value, `has a name longer than ${MAX_NAME} bytes`);
    }
  }
}

function invalid(call: Call, got: unknown, reason: string): never {
  return refuse(call, "PATH_INVALID", { call: call.name, got, reason });
}
