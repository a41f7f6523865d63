import { baseName, isWithin } from "../../core/posix-path.js";
import { targetOf } from "../assert-plan.js";
import type { CopyOperation, Operation, PlanSource } from "../operation.js";
import type { SourceProbe } from "./pass.js";

const GLOB = /[*?[\\]/;

/** What a single source is, as far as anybody knows. */
export function sourceShape(source: PlanSource, probe: SourceProbe): "file" | "folder" | undefined {
  if (source.from === "stage" || GLOB.test(source.path)) return undefined;
  if (source.found !== undefined) return source.found.shape === "many" ? undefined : source.found.shape;
  const shape = probe(source.context, source.path);
  return shape === "missing" ? undefined : shape;
}

/** The one path that a copy of a single file writes, or undefined where it may write more or other paths. */
export function copiedFile(copy: CopyOperation, probe: SourceProbe): string | undefined {
  const [source] = copy.sources;
  if (source === undefined || copy.sources.length > 1 || GLOB.test(source.path)) return undefined;
  if (copy.executable !== true && sourceShape(source, probe) !== "file") return undefined;
  if (!copy.into) return copy.dest;
  return copy.dest === "/"
    ? `/${baseName(`/${source.path}`)}`
    : `${copy.dest}/${baseName(`/${source.path}`)}`;
}

/** The one file, folder or link that an operation makes, or undefined where that is not known for sure. */
export function producedPath(operation: Operation, probe: SourceProbe): string | undefined {
  switch (operation.op) {
    case "write":
    case "mkdir":
    case "symlink":
      return operation.path;
    case "copy":
      return copiedFile(operation, probe);
    default:
      return undefined;
  }
}

/** Tells whether a copied file goes into its destination where that is a directory. */
export function mayEnter(operation: Operation): boolean {
  return operation.op === "copy" && !operation.into;
}

/** True when an operation could read or change what is at a path, above it or below it. */
export function mayTouch(operation: Operation, path: string, probe: SourceProbe): boolean {
  const made =
    operation.op === "mkdir" || operation.op === "symlink" ? undefined : producedPath(operation, probe);
  // A plain file has nothing below it, but a copy may go into a directory at its destination.
  if (made !== undefined) return isWithin(made, path) || (mayEnter(operation) && isWithin(path, made));
  const target = targetOf(operation);
  return target === undefined || isWithin(target, path) || isWithin(path, target);
}

/** True when something could exist at a path because of this operation. */
export function mayMake(operation: Operation, path: string, probe: SourceProbe): boolean {
  switch (operation.op) {
    case "remove":
    case "chmod":
    case "chown":
      return false;
    case "mkdir":
      return isWithin(operation.path, path);
    default:
      return mayTouch(operation, path, probe);
  }
}
