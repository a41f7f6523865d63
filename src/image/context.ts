import { deepFreeze } from "../core/freeze.js";
import { beginCall, refuse } from "./call.js";
import { checkPathText } from "./container-path.js";
import { parseContextPath } from "./context-path.js";
import type { ContextSource } from "./source.js";

const BRAND = Symbol.for("layerwright.context");
/** BuildKit compares context names in lower case, and stages share their grammar. */
const NAME = /^[a-z][a-z0-9._-]{0,127}$/;

/** A folder beside the build context: itself a source (all that is in it), and `path` names a part. */
export interface ContextFolder {
  readonly name: string;
  /** As the user wrote it: absolute, or relative to the build context's folder. */
  readonly folder: string;
  /** A file, folder or pattern in it, relative to it. */
  path(path: string): ContextSource;
}

/**
 * Names a folder outside of the build context, so that `copy` and `binary` can take files from it. The value
 * itself stands for the whole folder, `.path("x")` for a part of it. In a Dockerfile it is a named context
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

/** Tells a named folder from other values, also across two copies of the package. */
export function isContextFolder(value: unknown): value is ContextFolder {
  return typeof value === "object" && value !== null && BRAND in value;
}
