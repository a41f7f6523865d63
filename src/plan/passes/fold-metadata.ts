import { isWithin, parentPath } from "../../core/posix-path.js";
import { describeOperation } from "../describe.js";
import type { ChmodOperation, ChownOperation, Operation } from "../operation.js";
import type { Plan, Stage } from "../plan.js";
import { commandAsFiles, type Move } from "./command-as-files.js";
import { editStages, type PlacedOperation } from "./edit-stages.js";
import { foldInto, foldMove } from "./fold-into.js";
import { Ground } from "./ground.js";
import type { Pass, PassLog } from "./pass.js";
import { producedPath, sourceShape } from "./produced-by.js";

/**
 * Moves a `chmod`, `chown` or `mv` of what this image made earlier into the step that made it, so that the file is not
 * copied up into a second layer. One of a lower layer's file cannot move; its cost is said instead.
 */
export const foldMetadata: Pass = {
  name: "fold-metadata",
  apply: (plan, log) => editStages(plan, (operations, stage) => foldStage(operations, stage, plan, log)),
};

type Metadata = ChmodOperation | ChownOperation;

/** What a pass needs to know around the operations that it looks at. */
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

/** The changes that an operation is nothing but, whether written as a step or as a plain command. */
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
