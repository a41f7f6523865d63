import { join } from "node:path";
import type { HostPlace } from "../../archive/held-directory.js";
import type { GlobPattern } from "../../core/glob.js";
import { PlanError } from "../../errors/layerwright-error.js";
import { type ContextRoot, IGNORE_FILE } from "./context-root.js";
import { sortedNames } from "./read-names.js";

/** The error for a source that names nothing: which rule hides it, or what the user may have meant. */
export function sourceNotFound(root: ContextRoot, pattern: string, glob: GlobPattern): PlanError {
  const { name: context, folder } = root;
  if (glob.wild) {
    return new PlanError("SOURCE_PATTERN_EMPTY", { pattern, context, folder }, { subject: pattern });
  }
  const names = glob.components.map((component) => (component.kind === "name" ? component.name : ""));
  const path = names.join("/");
  const rule = exists(names.reduce((place, name) => place.child(name), root.held.top))
    ? root.rules.ruleThatHides(path)
    : undefined;
  const written = rule !== undefined && rule.line >= root.outputsFrom;
  const hiddenBy =
    rule === undefined || written
      ? undefined
      : { rule: rule.text, line: rule.line, file: join(folder, IGNORE_FILE) };
  const similar = rule === undefined ? similarPath(root.held.top, names) : undefined;
  return new PlanError(
    "SOURCE_NOT_FOUND",
    { path, context, folder, written, hiddenBy, similar },
    { subject: path },
  );
}

function exists(place: HostPlace): boolean {
  try {
    place.stats();
    return true;
  } catch {
    return false;
  }
}

/** The path with its first wrong name replaced by one that exists and is spelt almost so. */
function similarPath(top: HostPlace, names: readonly string[]): string | undefined {
  let here = top;
  for (const [index, name] of names.entries()) {
    const next = here.child(name);
    if (exists(next)) {
      here = next;
      continue;
    }
    const close = namesOrNone(here).find((other) => almostEqual(name, other));
    return close === undefined
      ? undefined
      : [...names.slice(0, index), close, ...names.slice(index + 1)].join("/");
  }
  return undefined;
}

function namesOrNone(place: HostPlace): string[] {
  try {
    return sortedNames(place);
  } catch {
    return [];
  }
}

/** Equal but for case, or but for one letter that is wrong, missing, too many or swapped with its neighbour. */
function almostEqual(wanted: string, other: string): boolean {
  const [left, right] = [wanted.toLowerCase(), other.toLowerCase()];
  let start = 0;
  while (start < left.length && left[start] === right[start]) start++;
  if (start === left.length && start === right.length) return true;
  const [restLeft, restRight] = [left.slice(start), right.slice(start)];
  if (left.length < 3) return false;
  return (
    restLeft.slice(1) === restRight.slice(1) ||
    restLeft.slice(1) === restRight ||
    restLeft === restRight.slice(1) ||
    (restLeft[0] === restRight[1] && restLeft[1] === restRight[0] && restLeft.slice(2) === restRight.slice(2))
  );
}
