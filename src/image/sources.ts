import { posix } from "node:path";
import { deepFreeze } from "../core/freeze.js";
import { beginCall, type Call, refuse } from "./call.js";
import { checkPathText, parseAbsolutePath } from "./container-path.js";
import type { ContextSource, ImageSource, Source } from "./nodes.js";

const BRAND = Symbol.for("layerwright.context");
/** BuildKit compares context names in lower case, and stages share their grammar. */
const NAME = /^[a-z][a-z0-9._-]{0,127}$/;

/** A directory beside the build context: itself a source (all that is in it), and `path` names a part. */
export interface ContextFolder {
  readonly name: string;
  /** As the user wrote it: absolute, or relative to the build context's directory. */
  readonly folder: string;
  /** A file, directory or pattern in it, relative to it. */
  path(path: string): ContextSource;
}

/**
 * Names a directory outside of the build context, so that `copy` and `binary` can take files from it. The value
 * itself stands for the whole directory, `.path("x")` for a part of it. In a Dockerfile it is a named context
 * (`--build-context name=folder`).
 *
 * @throws {DefinitionError} CONTEXT_NAME_INVALID, PATH_INVALID; from `path` SOURCE_INVALID, SOURCE_OUTSIDE_CONTEXT
 * @example
 * ```ts
 * import { context, Image } from "layerwright";
 *
 * const assets = context("assets", "../design/out");
 * export const site = Image.from("nginx:1.27")
 *   .copy(assets, "/srv/all/")
 *   .copy(assets.path("icons/*.svg"), "/srv/icons/");
 * ```
 */
export function context(name: string, folder: string): ContextFolder {
  const call = beginCall("context");
  if (typeof name !== "string" || !NAME.test(name)) refuse(call, "CONTEXT_NAME_INVALID", { got: name });
  const named = Object.freeze({ name, folder: checkPathText(call, folder) });
  const value = {
    ...named,
    path: (path: string): ContextSource =>
      deepFreeze({ from: "context", context: named, path: parseContextPath(beginCall("path"), path) }),
  };
  return Object.freeze(Object.defineProperty(value, BRAND, { value: true }));
}

/** True for a named directory, also for one of another copy of the package. */
export function isContextFolder(value: unknown): value is ContextFolder {
  return typeof value === "object" && value !== null && BRAND in value;
}

/** A source as a user writes it: a path in the build context, a directory beside it, or a file of another image. */
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

/** The file or directory at `path` in another image. */
export function imageSource(call: Call, image: ImageSource["image"], path: unknown): ImageSource {
  const absolute = parseAbsolutePath(call, path);
  if (/[*?]/.test(absolute)) {
    const reason = "holds a glob, which is not expanded in another image; copy the directory instead";
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

/** Reads a path or pattern in a context: relative, inside, cleaned; `.` is the whole context. */
export function parseContextPath(call: Call, value: unknown): string {
  if (typeof value !== "string" || value.trim() === "") {
    refuse(call, "SOURCE_INVALID", { call: call.name, got: value, reason: "is empty" });
  }
  const text = checkPathText(call, value);
  const outside = (reason: string): never =>
    refuse(call, "SOURCE_OUTSIDE_CONTEXT", { call: call.name, got: text, reason }, text);
  if (/^([/\\]|[A-Za-z]:[/\\])/.test(text)) outside("is absolute");
  if (/^~\//.test(text)) outside("starts with ~, which only a shell expands");
  const cleaned = posix.normalize(text);
  if (cleaned === ".." || cleaned.startsWith("../")) outside("leads out of the build context");
  return cleaned.length > 1 && cleaned.endsWith("/") ? cleaned.slice(0, -1) : cleaned;
}
