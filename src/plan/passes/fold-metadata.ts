import { isWithin, parentPath } from "../../core/posix-path.js";
import type { Mode } from "../../image/mode.js";
import { applySymbolicMode } from "../../image/mode.js";
import {
  type ChmodOperation,
  type ChownOperation,
  type CopyOperation,
  describeOperation,
  keepsName,
  type Operation,
} from "../operation.js";
import type { Plan, Stage } from "../plan.js";
import { commandAsFiles, type Move } from "./command-as-files.js";
import { copiedFile, Ground, producedPath, sourceShape } from "./ground.js";
import { editStages, type Pass, type PassLog, type PlacedOperation, type SourceProbe } from "./pass.js";

/**
 * Moves a `chmod`, `chown` or `mv` of what this image made earlier into the step that made it, so that the file is not
 * copied up into a second layer. One of a lower layer's file cannot move; its cost is said instead.
 */
export const foldMetadata: Pass = {
  name: "fold-metadata",
  apply: (plan, log) => editStages(plan, (operations, stage) => foldStage(operations, stage, plan, log)),
};

type Metadata = ChmodOperation | ChownOperation;

/** The surroundings of the operations that the pass looks at. */
interface Scene {
  readonly stage: Stage;
  readonly ground: Ground;
  readonly log: PassLog;
}

function foldStage(
  operations: readonly PlacedOperation[],
  stage: Stage,
  plan: Plan,
  log: PassLog,
): readonly PlacedOperation[] {
  const scene: Scene = { stage, ground: new Ground(plan, stage, log.probe), log };
  let done: readonly PlacedOperation[] = [];
  let changed = false;
  for (const placed of operations) {
    const changes = changesOf(placed.operation);
    let folded: readonly PlacedOperation[] | undefined = changes && done;
    for (const one of changes ?? []) folded = folded && foldOne({ ...placed, operation: one }, folded, scene);
    if (changes !== undefined && folded !== undefined) {
      for (const one of changes) {
        log.record({
          before: describeOperation(placed.operation),
          after: `part of the step that made ${one.op === "move" ? one.from : one.path}`,
          ...(placed.operation.origin === undefined ? {} : { origin: placed.operation.origin }),
        });
      }
      done = folded;
      changed = true;
      continue;
    }
    for (const one of changes ?? []) warnCopyUp(one, placed, done, scene);
    done = [...done, placed];
  }
  if (scene.ground.askedBase) log.settledByBase(stage);
  return changed ? done : operations;
}

/** The metadata changes of an operation that does nothing else, be it a step or a plain command. */
function changesOf(operation: Operation): readonly (Metadata | Move)[] | undefined {
  if (operation.op === "chmod" || operation.op === "chown") return [operation];
  if (operation.op !== "run") return undefined;
  const files = commandAsFiles(operation);
  return files?.every((file) => file.op === "chmod" || file.op === "chown" || file.op === "move")
    ? (files as readonly (Metadata | Move)[])
    : undefined;
}

/** The operations with one change folded in, or undefined when it cannot be. */
function foldOne(
  change: { readonly layer: number; readonly operation: Metadata | Move },
  operations: readonly PlacedOperation[],
  { stage, ground, log }: Scene,
): readonly PlacedOperation[] | undefined {
  const { operation: one } = change;
  const paths = one.op === "move" ? [one.from, one.to] : [one.path];
  for (let index = operations.length - 1; index >= 0; index--) {
    const placed = operations[index]!;
    const earlier = operations.slice(0, index).map(({ operation }) => operation);
    const replacement =
      one.op === "move"
        ? foldMove(placed.operation, one, earlier, ground, log.probe)
        : foldInto(placed.operation, one, earlier, ground, log.probe);
    if (replacement !== undefined) {
      if (!log.catalog.mayMerge(stage, placed.layer, change.layer)) return undefined;
      const items = replacement.map((operation) => ({ layer: placed.layer, operation }));
      return [...operations.slice(0, index), ...items, ...operations.slice(index + 1)];
    }
    if (paths.some((path) => ground.touches(placed.operation, path))) return undefined;
  }
  return undefined;
}

/** Says what a change costs that writes contents of a lower layer again. */
function warnCopyUp(
  change: Metadata | Move,
  placed: PlacedOperation,
  earlier: readonly PlacedOperation[],
  { stage, ground, log }: Scene,
): void {
  if (!log.catalog.ships(stage) || stage.squash === "all") return;
  const path = change.op === "move" ? change.from : change.path;
  const recursive = change.op === "move" || change.recursive === true;
  const maker = earlier.findLast(({ operation }) => hasMade(operation, path, log));
  if (maker?.layer === placed.layer) return;
  const again =
    maker === undefined ? inBase(path, recursive, ground) : madeBy(maker.operation, path, recursive, log);
  if (again === "nothing") return;
  const what = change.op === "move" ? `mv ${change.from} ${change.to}` : describeOperation(change);
  const instead = change.op === "move" ? "copy it to there at once" : "give that step the mode or owner";
  const shared = maker !== undefined && !log.catalog.mayMerge(stage, maker.layer, placed.layer);
  const why = shared ? ", since other images share the layer below" : "";
  log.warn({
    code: "COPY_UP",
    message: `${what} writes the content of ${path} a second time${why}${maker === undefined ? "" : `; ${instead} instead`}`,
    ...(again === undefined ? {} : { bytes: again }),
    ...(change.origin === undefined ? {} : { origin: change.origin }),
  });
}

/** True when an operation made a path, be it with all that is around it. */
function hasMade(operation: Operation, path: string, log: PassLog): boolean {
  if (producedPath(operation, log.probe) === path) return true;
  return operation.op === "copy" && isWithin(path, operation.dest);
}

/** Bytes that are written again; undefined where they are not known, `"nothing"` for a directory alone. */
type Again = number | "nothing" | undefined;

function inBase(path: string, recursive: boolean, ground: Ground): Again {
  const known = ground.inBase(path);
  if (known === undefined) return undefined;
  if (known?.type === "file") return known.size;
  return known?.type === "folder" && recursive ? undefined : "nothing";
}

function madeBy(operation: Operation, path: string, recursive: boolean, { probe }: PassLog): Again {
  if (operation.op === "write") return operation.contents.size;
  if (operation.op === "mkdir") return recursive ? undefined : "nothing";
  if (operation.op !== "copy") return "nothing";
  const [source] = operation.sources;
  if (source?.from !== "context" || operation.sources.length > 1) return undefined;
  const bytes = source.found?.bytes;
  if (producedPath(operation, probe) === path) return bytes;
  const isFolder =
    sourceShape(source, probe) === "folder" &&
    (path === operation.dest ||
      probe(source.context, `${source.path}${path.slice(operation.dest.length)}`) === "folder");
  if (isFolder && !recursive) return "nothing";
  return path === operation.dest && parentPath(path) !== path ? bytes : undefined;
}

/**
 * The operation with a later chmod or chown folded into it, or undefined when that could change the
 * final root file system.
 */
function foldInto(
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
      // What was in the directory already is meant by a recursive change, and not by mkdir.
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
 * The operation with a later `mv` of all that it makes folded into it, or undefined when that could change
 * the final root file system: what it makes must be new, and nothing may be where it moves to.
 */
function foldMove(
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
    // The top directory keeps its metadata when it exists, so the whole tree is only ours where it cannot.
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
  // On a tree, an octal mode hits files and directories alike, and `X` tells them apart.
  if (folder && second.symbolic.includes("X")) return undefined;
  return { octal: applySymbolicMode(second.symbolic, first.octal, folder) };
}
