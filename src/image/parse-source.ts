import { type Call, refuse } from "./call.js";
import { parseAbsolutePath } from "./container-path.js";
import { type ContextFolder, isContextFolder } from "./context.js";
import { parseContextPath } from "./context-path.js";
import type { ContextSource, ImageSource, Source } from "./source.js";

/** A source as a user writes it: a path in the build context, a folder beside it, or a file of another image. */
export type SourceInput = string | ContextFolder | Source;

/** Reads one source, or refuses it with `SOURCE_INVALID` or `SOURCE_OUTSIDE_CONTEXT`. */
export function parseSource(call: Call, value: unknown): Source {
  if (typeof value === "string") return { from: "context", path: parseContextPath(call, value) };
  if (isContextFolder(value)) return wholeFolder(value);
  if (typeof value === "object" && value !== null && "from" in value) {
    const source = value as Source;
    if (source.from === "image" && typeof source.image === "object") {
      return { from: "image", image: source.image, path: parseAbsolutePath(call, source.path) };
    }
    if (source.from === "context") return contextSource(call, source);
  }
  return refuse(call, "SOURCE_INVALID", { call: call.name, got: value, reason: reasonFor(value) });
}

/** Reads one or several sources. */
export function parseSources(call: Call, value: unknown): readonly Source[] {
  if (!Array.isArray(value)) return [parseSource(call, value)];
  if (value.length === 0) {
    refuse(call, "SOURCE_INVALID", { call: call.name, got: value, reason: "names nothing to copy" });
  }
  return value.map((item) => parseSource(call, item));
}

/** The file or folder at `path` in another image. */
export function imageSource(call: Call, image: ImageSource["image"], path: unknown): ImageSource {
  const absolute = parseAbsolutePath(call, path);
  if (/[*?]/.test(absolute)) {
    const reason = "holds a glob, which is not expanded in another image; copy the folder instead";
    refuse(call, "PATH_INVALID", { call: call.name, got: path, reason });
  }
  return Object.freeze({ from: "image", image, path: absolute });
}

function wholeFolder({ name, folder }: ContextFolder): ContextSource {
  return { from: "context", context: { name, folder }, path: "." };
}

function contextSource(call: Call, source: ContextSource): ContextSource {
  const path = parseContextPath(call, source.path);
  return source.context === undefined
    ? { from: "context", path }
    : { from: "context", context: source.context, path };
}

function reasonFor(value: unknown): string {
  const image = typeof value === "object" && value !== null && "node" in value;
  return image ? 'is a whole image; say which file with .path("/file")' : "is no source";
}
