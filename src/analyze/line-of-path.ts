import { baseName, isWithin } from "../core/posix-path.js";
import type { Origin } from "../errors/origin.js";
import type { CopyOperation, Operation } from "../plan/operation.js";
import type { Layer } from "../plan/plan.js";
import { targetOf } from "../plan/plan.js";

/**
 * The user's line that wrote a path into a layer: the last file operation whose target covers it, and of copies into one
 * folder the one whose source is named like it; else the last command.
 *
 * @param path without a leading slash
 * @param foreign whether the layer also has files of a base, so that what no target covers may be nobody's line
 */
export function lineOfPath(
  path: string,
  { operations }: Pick<Layer, "operations">,
  foreign = false,
): Origin | undefined {
  const absolute = `/${path}`;
  const covering = operations.filter((operation) => covers(operation, absolute));
  const named = covering.filter((operation) => operation.op !== "copy" || namesSource(operation, absolute));
  const writer = named.at(-1) ?? covering.at(-1);
  if (writer !== undefined || foreign) return writer?.origin;
  return (operations.filter(isCommand).at(-1) ?? operations.at(-1))?.origin;
}

function covers(operation: Operation, path: string): boolean {
  const target = targetOf(operation);
  return target !== undefined && (isWithin(path, target) || isWithin(target, path));
}

/** True when a copy has a source of the path's name, or one whose names are not known: a folder's contents, a glob. */
function namesSource({ sources, dest, into }: CopyOperation, path: string): boolean {
  if (!into || path === dest) return true;
  const name = path.slice(dest === "/" ? 1 : dest.length + 1).split("/")[0];
  return sources.some((source) => baseName(source.path) === name || /[*?[]/.test(source.path));
}

function isCommand({ op }: Operation): boolean {
  return op === "run" || op === "hostRun";
}
