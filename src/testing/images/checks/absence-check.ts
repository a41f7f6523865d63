import { type GlobPattern, matchesGlob, PatternError, parseGlobPattern } from "../../../core/glob.js";
import type { DescribedImage } from "../../../engine/described/described-image.js";
import { type Call, checkFlag, checkOptions, refuse } from "../../../image/call.js";
import { resolvePath } from "../../../layer/resolve.js";
import { walk } from "../../../layer/walk.js";
import { type Failure, failure, unknowable } from "../failure.js";
import { placedText, typeWord } from "./file-facts.js";

/** Where something must not be. */
export interface AbsenceOptions {
  /** Looks only at what the image's own file steps, and those of images it stands on, put there. @default - false */
  readonly own?: boolean;
}

/** Reads where something must not be. */
export function readAbsence(call: Call, options: AbsenceOptions): boolean {
  checkOptions(call, options, ["own"]);
  checkFlag(call, "own", options.own);
  return options.own === true;
}

/** True when there is nothing at a path. */
export function checkNoFile(image: DescribedImage, path: string, own: boolean): Failure | undefined {
  const { node, path: real } = resolvePath(image.tree, path, { followLast: false });
  if (node !== undefined && (!own || image.placedBy.has(real))) {
    return failure(`the image has a ${typeWord(node.type)} ${path}`, { type: node.type }, undefined, [
      ["from", placedText(image, real)],
    ]);
  }
  if (own) return undefined;
  const unknown = image.unknown.at(real);
  return unknown && unknowable(`whether there is anything at ${path}`, undefined, unknown);
}

const SHOWN = 10;

/** True when no path fits a pattern. */
export function checkNoMatch(
  image: DescribedImage,
  pattern: string,
  glob: GlobPattern,
  own: boolean,
): Failure | undefined {
  const found: string[] = [];
  for (const [path] of walk(image.tree)) {
    if ((!own || image.placedBy.has(path)) && matchesGlob(glob, path)) found.push(path);
  }
  const [first] = found;
  if (first !== undefined) {
    const more = found.length > SHOWN ? ` and ${found.length - SHOWN} more` : "";
    const paths = found.map((path) => `/${path}`);
    return failure(
      `the image has ${found.length === 1 ? "a path" : `${found.length} paths`} matching ${pattern}`,
      paths,
      [],
      [
        ["found", `${paths.slice(0, SHOWN).join(", ")}${more}`],
        ["the first is from", placedText(image, first)],
      ],
    );
  }
  if (own) return undefined;
  const unknown = image.unknown.within("");
  return unknown && unknowable(`whether anything matches ${pattern}`, [], unknown);
}

/** Reads a pattern over paths of the image. */
export function readPattern(call: Call, pattern: string): GlobPattern {
  const invalid = (reason: string): never =>
    refuse(call, "ARGUMENT_INVALID", { call: call.name, argument: "pattern", got: pattern, allowed: reason });
  if (typeof pattern !== "string" || pattern === "") return invalid('a pattern such as "/srv/**/*.map"');
  try {
    return parseGlobPattern(pattern);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    return invalid(`a pattern: ${error.reason}`);
  }
}

/** True when anything, of whatever type, is at a path. */
export function checkPath(image: DescribedImage, path: string): Failure | undefined {
  const { node, path: real } = resolvePath(image.tree, path, { followLast: false });
  if (node !== undefined || image.unknown.existsAt(real)) return undefined;
  const unknown = image.unknown.at(real);
  if (unknown !== undefined) return unknowable(`whether there is anything at ${path}`, path, unknown);
  return failure(`the image has nothing at ${path}`, undefined, path);
}
