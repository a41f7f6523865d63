import { isWithin, parentPath } from "../../core/posix-path.js";
import { originText } from "../../errors/origin.js";
import type { CopyOperation, Operation, RemoveOperation } from "../operation.js";
import { describeOperation } from "../operation.js";
import type { Plan, Stage } from "../plan.js";
import { commandAsFiles } from "./command-as-files.js";
import { Ground, mayTouch, producedPath, sourceShape } from "./ground.js";
import type { Pass, PassLog } from "./pass.js";
import { editStages, type PlacedOperation } from "./pass.js";

/**
 * Takes back what a later step removes, so that it never enters a layer: a file that this image wrote is not
 * written, a part of a copied directory is excluded. What a lower layer holds cannot be taken back: its cost is said.
 */
export const lateRemove: Pass = {
  name: "late-remove",
  apply: (plan, log) => editStages(plan, (operations, stage) => removeInStage(operations, stage, plan, log)),
};

function removeInStage(
  operations: readonly PlacedOperation[],
  stage: Stage,
  plan: Plan,
  log: PassLog,
): readonly PlacedOperation[] {
  const ground = new Ground(plan, stage, log.probe);
  let done: readonly PlacedOperation[] = [];
  let changed = false;
  for (const placed of operations) {
    const removes = removesOf(placed.operation);
    let current: readonly PlacedOperation[] | undefined = removes && done;
    for (const remove of removes ?? []) {
      const back = current && takeBack(remove, current, ground, log);
      const isOwn = back !== undefined && log.catalog.mayMerge(stage, back.lowest, placed.layer);
      current = isOwn ? back.operations : undefined;
    }
    if (removes !== undefined && current !== undefined) {
      done = current;
      changed = true;
      for (const remove of removes) {
        log.record({
          before: describeOperation(placed.operation),
          after: `${remove.path} never enters a layer`,
          ...(remove.origin === undefined ? {} : { origin: remove.origin }),
        });
      }
      continue;
    }
    // What join-runs put into the layer of another command frees what that one left.
    const isJoined = operations.some(
      (one) => one.layer === placed.layer && one !== placed && one.operation.op === "run",
    );
    if (!isJoined && log.catalog.ships(stage)) {
      for (const remove of removes ?? []) warnNothingFreed(remove, placed.operation, stage, log);
    }
    done = [...done, placed];
  }
  if (ground.askedBase) log.settledByBase(stage);
  return changed ? done : operations;
}

function removesOf(operation: Operation): readonly RemoveOperation[] | undefined {
  if (operation.op === "remove") return [operation];
  if (operation.op !== "run") return undefined;
  const files = commandAsFiles(operation);
  return files?.every((file) => file.op === "remove") ? (files as readonly RemoveOperation[]) : undefined;
}

/**
 * The operations without what the remove takes away, and the lowest layer that changes; undefined when it must stay as
 * it is.
 */
function takeBack(
  remove: RemoveOperation,
  operations: readonly PlacedOperation[],
  ground: Ground,
  log: PassLog,
): { readonly operations: readonly PlacedOperation[]; readonly lowest: number } | undefined {
  // The base is asked only where the image itself may have put something there.
  if (!operations.some(({ operation }) => ground.touches(operation, remove.path))) return undefined;
  if (!ground.lacks(remove.path)) return undefined;
  let after: readonly PlacedOperation[] = [];
  let lost = false;
  for (let index = operations.length - 1; index >= 0; index--) {
    const placed = operations[index]!;
    const before = operations.slice(0, index);
    const earlier = before.map(({ operation }) => operation);
    if (!ground.touches(placed.operation, remove.path)) {
      after = [placed, ...after];
      continue;
    }
    // Below this step the path must not exist, else it would come to light again.
    if (ground.isNew(remove.path, earlier)) {
      // What was written through a link is somewhere else and stays.
      if (lost && placed.operation.op === "symlink") return undefined;
      const replacement = withoutPath(placed.operation, remove, log);
      const items = replacement?.map((operation) => ({ layer: placed.layer, operation }));
      return items && { operations: [...before, ...items, ...after], lowest: placed.layer };
    }
    if (!isLostWith(placed.operation, remove, log)) return undefined;
    lost = true;
  }
  return undefined;
}

/**
 * True when all that an operation makes is in a directory that is removed later. What leads through a link may not be.
 */
function isLostWith(operation: Operation, remove: RemoveOperation, log: PassLog): boolean {
  if (operation.op === "symlink") return false;
  const made = producedPath(operation, log.probe);
  return made !== undefined && isWithin(made, remove.path);
}

function withoutPath(
  operation: Operation,
  remove: RemoveOperation,
  log: PassLog,
): readonly Operation[] | undefined {
  const made = producedPath(operation, log.probe);
  if (made === remove.path || isLostWith(operation, remove, log)) return parentsOnly(operation, remove);
  if (operation.op !== "copy") return undefined;
  const [source] = operation.sources;
  if (
    source?.from !== "context" ||
    operation.sources.length > 1 ||
    sourceShape(source, log.probe) !== "folder"
  ) {
    return undefined;
  }
  if (remove.path === operation.dest || !isWithin(remove.path, operation.dest)) return undefined;
  const inside = remove.path.slice(operation.dest === "/" ? 1 : operation.dest.length + 1);
  const { found: _, ...rest } = source;
  const excluded: CopyOperation = {
    ...operation,
    sources: [rest],
    exclude: [...(operation.exclude ?? []), inside.replace(/[\\*?[\]]/g, "\\$&")],
  };
  return [excluded];
}

/** Making a file made its parents too: they stay. */
function parentsOnly(operation: Operation, remove: RemoveOperation): readonly Operation[] {
  const parent = parentPath(remove.path);
  if (parent === "/") return [];
  const placed = operation.origin === undefined ? {} : { origin: operation.origin };
  return [{ op: "mkdir", path: parent, mode: { octal: 0o755 }, ifMissing: true, ...placed }];
}

/** The line to write so that what is removed is in no layer. */
function insteadOf(remove: RemoveOperation, step: Operation, stage: Stage, log: PassLog): string {
  const below = log.catalog.below(stage).map(({ layer }) => layer);
  const operations = [...below, ...stage.layers].flatMap((layer) => layer.operations);
  const before = operations.slice(0, operations.lastIndexOf(step));
  const maker = before.findLast((one) => makes(one, remove.path, log));
  const place = maker?.origin === undefined ? "" : ` (${originText(maker.origin)})`;
  if (maker?.op === "run")
    return `append "&& rm -rf ${remove.path}" to ${describeOperation(maker)}${place}, if it makes that`;
  if (maker?.op === "copy" && maker.dest !== remove.path && isWithin(remove.path, maker.dest)) {
    const inside = remove.path.slice(maker.dest === "/" ? 1 : maker.dest.length + 1);
    return `write exclude: [${JSON.stringify(inside)}] in ${describeOperation(maker)}${place}`;
  }
  if (maker !== undefined) return `take it out of ${describeOperation(maker)}${place}`;
  return 'start from a base without it, or write .squash("all"), which shares no layer with the base';
}

/** True for a step that may have put something at a path: a command, or a file step that surely writes there. */
function makes(operation: Operation, path: string, log: PassLog): boolean {
  if (operation.op === "remove" || operation.op === "chmod" || operation.op === "chown") return false;
  if (operation.op === "run" || operation.op === "hostRun") return operation.op === "run";
  return mayTouch(operation, path, log.probe);
}

function warnNothingFreed(remove: RemoveOperation, step: Operation, stage: Stage, log: PassLog): void {
  const known = "known" in stage.base ? stage.base.known?.paths[remove.path] : undefined;
  if (known === null || stage.squash === "all") return;
  log.warn({
    code: "REMOVE_FREES_NOTHING",
    message: `${remove.path} is hidden by this step, but a lower layer still holds its bytes: ${insteadOf(remove, step, stage, log)}`,
    ...(known?.type === "file" && known.size !== undefined ? { bytes: known.size } : {}),
    ...(remove.origin === undefined ? {} : { origin: remove.origin }),
  });
}
