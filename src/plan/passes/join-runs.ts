import { originText } from "../../errors/origin.js";
import { commandText } from "../describe.js";
import type { Operation, RunOperation } from "../operation.js";
import type { Layer, Stage } from "../plan.js";
import { type CommandTrace, frees, traceOf } from "./command-trace.js";
import type { Pass, PassLog } from "./pass.js";

/**
 * Joins a command with the layer before it where it removes what a command of that layer left: in a layer of its own
 * the removal would only hide it. Not where another image shares the layer before, where a mount, user or shell
 * differs, or where the second might write through a hard link that the first made. Other neighbours stay apart, since
 * each is a cache entry.
 */
export const joinRuns: Pass = {
  name: "join-runs",
  apply: (plan, log) => ({ ...plan, stages: plan.stages.map((stage) => joinInStage(stage, log)) }),
};

function joinInStage(stage: Stage, log: PassLog): Stage {
  const layers: Layer[] = [];
  const shared = log.catalog.layersOf(stage);
  for (const [at, layer] of stage.layers.entries()) {
    const before = layers.at(-1);
    const run = onlyRun(layer);
    const earlier = before?.operations.every(isRun) === true ? (before.operations as RunOperation[]) : [];
    if (before === undefined || run === undefined || shared[at]?.ships !== true || stage.squash === "all") {
      layers.push(layer);
      continue;
    }
    const trace = traceOf(run);
    const source = trace && earlier.find((one) => leavesFor(one, trace));
    const reason =
      source === undefined
        ? undefined
        : reasonAgainst(earlier, run, trace!, log.catalog.mayMerge(stage, at - 1, at));
    if (source === undefined || reason !== undefined) {
      // Of a clean-up that a pass appended, that pass has said what there is to say.
      const own = asWritten(run);
      const ownTrace = traceOf(own);
      if (source !== undefined && reason !== undefined) {
        if (ownTrace && leavesFor(source, ownTrace)) warnHidden(own, source, reason, log);
      } else if (ownTrace?.removesUnknown === true) warnUnknown(own, log);
      layers.push(layer);
      continue;
    }
    layers[layers.length - 1] = { ...before, operations: [...before.operations, run] };
    log.record({
      before: `run ${commandText(run.command)} in a layer of its own`,
      after: `in the layer of run ${commandText(source.command, 40)}, so that what it removes is not kept`,
      reruns: earlier.length,
      ...(run.origin === undefined ? {} : { origin: run.origin, by: run.origin }),
    });
  }
  return layers.length === stage.layers.length ? stage : { ...stage, layers };
}

/** A command without the clean-up that a pass appended to it. */
function asWritten({ cleaned, ...run }: RunOperation): RunOperation {
  return cleaned === undefined ? run : { ...run, command: cleaned.written };
}

function onlyRun({ operations, name }: Layer): RunOperation | undefined {
  const [run] = operations;
  return operations.length === 1 && name === undefined && isRun(run) ? run : undefined;
}

function isRun(operation: Operation | undefined): operation is RunOperation {
  return operation?.op === "run";
}

function leavesFor(earlier: RunOperation, removal: CommandTrace): boolean {
  const trace = traceOf(earlier);
  return trace !== undefined && frees(removal, trace);
}

/** Why a removal has to stay in a layer of its own. */
function reasonAgainst(
  earlier: readonly RunOperation[],
  run: RunOperation,
  trace: CommandTrace,
  mayMerge: boolean,
): string | undefined {
  if (!mayMerge) return "other images share that layer";
  if (!earlier.every((one) => canShareLayer(one, run))) return "user, shell, network or mounts differ";
  const mayLink = earlier.some((one) => traceOf(one)?.mayLink !== false);
  if (mayLink && trace.mayWriteThrough) return "it also changes files, which may be hard links";
  return undefined;
}

/** True when one RUN instruction can hold both: its user, shell, network and mounts cannot vary inside. */
function canShareLayer(first: RunOperation, second: RunOperation): boolean {
  return (
    typeof first.command === "string" &&
    typeof second.command === "string" &&
    first.user === second.user &&
    first.shell.join("\0") === second.shell.join("\0") &&
    (first.network ?? "default") === (second.network ?? "default") &&
    (first.mounts ?? []).length === 0 &&
    (second.mounts ?? []).length === 0
  );
}

function warnHidden(run: RunOperation, source: RunOperation, reason: string, log: PassLog): void {
  const place = source.origin === undefined ? "" : ` (${originText(source.origin)})`;
  log.warn({
    code: "REMOVE_FREES_NOTHING",
    message: `run ${commandText(run.command, 40)} hides what run ${commandText(source.command, 40)}${place} left and frees nothing, since ${reason}: write the removal at the end of that step`,
    ...(run.origin === undefined ? {} : { origin: run.origin }),
  });
}

function warnUnknown(run: RunOperation, log: PassLog): void {
  log.warn({
    code: "REMOVE_FREES_NOTHING",
    message: `run ${commandText(run.command, 40)} removes paths that its text does not name, which frees nothing of a lower layer: write the removal at the end of the step that made them`,
    ...(run.origin === undefined ? {} : { origin: run.origin }),
  });
}
