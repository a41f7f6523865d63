import { isWithin } from "../../core/posix-path.js";
import { describeOperation } from "../describe.js";
import type { ChmodOperation, ChownOperation, Operation } from "../operation.js";
import type { Stage } from "../plan.js";
import { commandAsFiles } from "./command-as-files.js";
import { editStages, type PlacedOperation } from "./edit-stages.js";
import { foldInto } from "./fold-into.js";
import type { Pass, PassLog } from "./pass.js";
import { mayTouch } from "./produced-by.js";

/**
 * Moves a `chmod` or `chown` of what this image made earlier into the step that made it, so that the file is not
 * copied up into a second layer. One of a lower layer's file cannot move; its cost is said instead.
 */
export const foldMetadata: Pass = {
  name: "fold-metadata",
  apply: (plan, log) => editStages(plan, (operations, stage) => foldStage(operations, stage, log)),
};

type Metadata = ChmodOperation | ChownOperation;

function foldStage(
  operations: readonly PlacedOperation[],
  stage: Stage,
  log: PassLog,
): readonly PlacedOperation[] {
  let done: readonly PlacedOperation[] = [];
  let changed = false;
  for (const placed of operations) {
    const metadata = metadataOf(placed.operation);
    let folded: readonly PlacedOperation[] | undefined = metadata && done;
    for (const one of metadata ?? []) folded = folded && foldOne(one, folded, stage, log);
    if (metadata !== undefined && folded !== undefined) {
      for (const one of metadata) {
        log.record({
          before: describeOperation(placed.operation),
          after: `part of the step that made ${one.path}`,
          ...(placed.operation.origin === undefined ? {} : { origin: placed.operation.origin }),
        });
      }
      done = folded;
      changed = true;
      continue;
    }
    for (const one of metadata ?? []) warnCopyUp(one, placed, done, stage, log);
    done = [...done, placed];
  }
  return changed ? done : operations;
}

/** The chmods and chowns that an operation is nothing but, whether written as a step or as a plain command. */
function metadataOf(operation: Operation): readonly Metadata[] | undefined {
  if (operation.op === "chmod" || operation.op === "chown") return [operation];
  if (operation.op !== "run") return undefined;
  const files = commandAsFiles(operation);
  return files?.every((file) => file.op === "chmod" || file.op === "chown")
    ? (files as readonly Metadata[])
    : undefined;
}

/** The operations with one chmod or chown folded in, or undefined when it cannot be. */
function foldOne(
  metadata: Metadata,
  operations: readonly PlacedOperation[],
  stage: Stage,
  log: PassLog,
): readonly PlacedOperation[] | undefined {
  for (let index = operations.length - 1; index >= 0; index--) {
    const placed = operations[index]!;
    const earlier = operations.slice(0, index).map((one) => one.operation);
    const replacement = foldInto(placed.operation, metadata, earlier, stage, log.probe);
    if (replacement !== undefined) {
      const items = replacement.map((operation) => ({ layer: placed.layer, operation }));
      return [...operations.slice(0, index), ...items, ...operations.slice(index + 1)];
    }
    if (mayTouch(placed.operation, metadata.path, log.probe)) return undefined;
  }
  return undefined;
}

function warnCopyUp(
  metadata: Metadata,
  placed: PlacedOperation,
  earlier: readonly PlacedOperation[],
  stage: Stage,
  log: PassLog,
): void {
  const sameLayer = earlier.some(
    (one) =>
      one.layer === placed.layer &&
      one.operation.op !== "run" &&
      mayTouch(one.operation, metadata.path, log.probe),
  );
  if (sameLayer && stage.squash !== "keep" && stage.squash !== "auto") return;
  const base = stage.base;
  const known = "known" in base ? base.known?.paths[metadata.path] : undefined;
  const size = known?.type === "file" ? known.size : undefined;
  const within = earlier.find((one) => {
    const target = one.operation.op === "copy" ? one.operation.dest : undefined;
    return target !== undefined && isWithin(metadata.path, target);
  });
  log.warn({
    code: "COPY_UP",
    message: `${describeOperation(metadata)} writes the content of ${metadata.path} a second time${
      within === undefined ? "" : "; give the copy that brought it the mode or owner instead"
    }`,
    ...(size === undefined ? {} : { bytes: size }),
    ...(metadata.origin === undefined ? {} : { origin: metadata.origin }),
  });
}
