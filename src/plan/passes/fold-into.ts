import { applySymbolicMode } from "../../core/file-mode.js";
import { isWithin, parentPath } from "../../core/posix-path.js";
import type { Mode } from "../../image/mode.js";
import { keepsName } from "../copied-name.js";
import type { ChmodOperation, ChownOperation, CopyOperation, Operation } from "../operation.js";
import type { Move } from "./command-as-files.js";
import type { Ground } from "./ground.js";
import type { SourceProbe } from "./pass.js";
import { copiedFile, sourceShape } from "./produced-by.js";

type Metadata = ChmodOperation | ChownOperation;

/**
 * What an operation becomes when a later chmod or chown goes into it, or undefined when that could change the
 * final root file system.
 */
export function foldInto(
  operation: Operation,
  metadata: Metadata,
  earlier: readonly Operation[],
  ground: Ground,
  probe: SourceProbe,
): readonly Operation[] | undefined {
  switch (operation.op) {
    case "write":
      return operation.path === metadata.path ? withMetadata(operation, metadata, false) : undefined;
    case "mkdir":
      if (operation.path !== metadata.path || operation.ifMissing === true) return undefined;
      // What was in the folder already is meant by a recursive change, and not by mkdir.
      return metadata.recursive === true && !ground.isNew(operation.path, earlier)
        ? undefined
        : withMetadata(operation, metadata, true);
    case "copy":
      return foldIntoCopy(operation, metadata, earlier, ground, probe);
    default:
      return undefined;
  }
}

/**
 * What an operation becomes when a later `mv` of all that it makes goes into it, or undefined when that could change
 * the final root file system: what it makes must be new, and nothing may be where it moves to.
 */
export function foldMove(
  operation: Operation,
  { from, to }: Move,
  earlier: readonly Operation[],
  ground: Ground,
  probe: SourceProbe,
): readonly Operation[] | undefined {
  if (isWithin(to, from) || isWithin(from, to)) return undefined;
  const moved = movedOperation(operation, from, to, probe);
  const isFree = ground.isNew(from, earlier) && ground.isNew(to, earlier);
  if (moved === undefined || !isFree || earlier.some((one) => ground.touches(one, to))) return undefined;
  const [old, next] = [parentPath(from), parentPath(to)];
  if (old === next) return [moved];
  if (!ground.isFolder(next, earlier)) return undefined;
  // Making the file made its parents, too: they stay.
  const placed = operation.origin === undefined ? {} : { origin: operation.origin };
  return ground.isFolder(old, earlier)
    ? [moved]
    : [{ op: "mkdir", path: old, mode: { octal: 0o755 }, ifMissing: true, ...placed }, moved];
}

function movedOperation(
  operation: Operation,
  from: string,
  to: string,
  probe: SourceProbe,
): Operation | undefined {
  if (operation.op === "write" || operation.op === "symlink") {
    return operation.path === from ? { ...operation, path: to } : undefined;
  }
  if (operation.op !== "copy") return undefined;
  if (copiedFile(operation, probe) === from) return { ...operation, dest: to, into: false };
  const [source] = operation.sources;
  const isTree =
    operation.dest === from &&
    operation.sources.length === 1 &&
    source?.from === "context" &&
    sourceShape(source, probe) === "folder";
  return isTree ? { ...operation, dest: to } : undefined;
}

function foldIntoCopy(
  copy: CopyOperation,
  metadata: Metadata,
  earlier: readonly Operation[],
  ground: Ground,
  probe: SourceProbe,
): readonly Operation[] | undefined {
  if (copiedFile(copy, probe) === metadata.path) {
    // Where a directory is at the destination, the file is in it, and the change is about the directory.
    const isFile = copy.into || keepsName(copy) || ground.isNew(copy.dest, earlier);
    return isFile ? withMetadata(copy, metadata, false) : undefined;
  }
  const [source] = copy.sources;
  if (source?.from !== "context" || copy.sources.length > 1 || sourceShape(source, probe) !== "folder")
    return undefined;
  if (metadata.path === copy.dest) {
    // The top folder keeps its metadata when it exists, so the whole tree is only ours where it cannot.
    const isNew = metadata.recursive === true && ground.isNew(copy.dest, earlier);
    return isNew ? withMetadata(copy, metadata, true) : undefined;
  }
  if (!isWithin(metadata.path, copy.dest) || copy.exclude !== undefined) return undefined;
  const inside = metadata.path.slice(copy.dest === "/" ? 1 : copy.dest.length + 1);
  const path = source.path === "." ? inside : `${source.path}/${inside}`;
  if (probe(source.context, path) !== "file" || /[*?[\\]/.test(path)) return undefined;
  const { found: _, ...rest } = source;
  const one: CopyOperation = { ...copy, sources: [{ ...rest, path }], dest: metadata.path, into: false };
  const folded = withMetadata(one, metadata, false);
  return folded && [copy, ...folded];
}

/** The operation with the mode or owner of a later step, or undefined when order matters between the two. */
function withMetadata<T extends Extract<Operation, { op: "copy" | "write" | "mkdir" }>>(
  operation: T,
  metadata: Metadata,
  folder: boolean,
): readonly T[] | undefined {
  if (metadata.op === "chown") {
    // chown(2) clears setuid and setgid, so a mode that has them must be applied after it.
    if (operation.mode !== undefined && hasSetId(operation.mode)) return undefined;
    return [{ ...operation, owner: metadata.owner }];
  }
  const mode = combineModes(operation.mode, metadata.mode, folder);
  return mode && [{ ...operation, mode }];
}

function hasSetId(mode: Mode): boolean {
  return "octal" in mode ? (mode.octal & 0o6000) !== 0 : mode.symbolic.includes("s");
}

/** The one mode that has the effect of two in a row. */
function combineModes(first: Mode | undefined, second: Mode, folder: boolean): Mode | undefined {
  if ("octal" in second) return second;
  if (first === undefined) return second;
  if ("symbolic" in first) return { symbolic: `${first.symbolic},${second.symbolic}` };
  // On a tree, an octal mode hits files and folders alike, and `X` tells them apart.
  if (folder && second.symbolic.includes("X")) return undefined;
  return { octal: applySymbolicMode(second.symbolic, first.octal, folder) };
}
