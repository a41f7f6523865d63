import { sizeText } from "../../core/size.js";
import type { UnsafeLayer } from "./judge-layers.js";

const WHY = {
  run: "made by a command",
  contents: "holds or needs files of the base",
  names: "its owners were looked up by name",
  files: "the bases differ",
  none: "takes nothing",
  unknown: "its builder does not say what it took from the base",
} as const;

const MOST_PATHS = 3;
const LONGEST = 100;

/** A layer that cannot be put on another base unseen, and why, in a line. */
export function unsafeText({ description, digest, size, use, paths }: UnsafeLayer): string {
  const line = description.replace(/\s+/g, " ");
  const short = line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
  const name = short === "" ? digest.slice(0, "sha256:".length + 12) : short;
  const more = paths.length > MOST_PATHS ? ` and ${paths.length - MOST_PATHS} more` : "";
  const where = paths.length === 0 ? "" : ` at ${paths.slice(0, MOST_PATHS).join(", ")}${more}`;
  return `"${name}" (${sizeText(size)}, ${WHY[use]}${where})`;
}
