import { commandText } from "../describe.js";
import type { Operation, RunOperation } from "../operation.js";
import type { Layer, Stage } from "../plan.js";
import type { Pass, PassLog } from "./pass.js";

/** Commands whose effect is that something is no longer there. */
const REMOVES =
  /(^|[;&|]\s*|\n\s*)(sudo\s+)?(rm|rmdir|unlink|truncate|apt(-get)?\s+(-\S+\s+)*(purge|remove|autoremove|clean)|apk\s+del|(micro)?dnf\s+(-\S+\s+)*(remove|autoremove|clean)|yum\s+(-\S+\s+)*(remove|autoremove|clean)|pip3?\s+uninstall|npm\s+(uninstall|prune|cache\s+clean)|find\b[^;&|]*-delete)\b/;

/**
 * Joins a run step that removes things with the run step before it: in a layer of its own the removal would only
 * hide what the step before wrote. Other neighbours stay apart, since each is a cache entry and may be shared.
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
    const free = shared[at]?.ships === true && log.catalog.mayMerge(stage, at - 1, at);
    if (before !== undefined && free && frees(before, layer)) {
      layers[layers.length - 1] = { ...before, operations: [...before.operations, ...layer.operations] };
      const run = layer.operations[0] as RunOperation;
      log.record({
        before: `run ${commandText(run.command)} in a layer of its own`,
        after: "in the layer of the step before, so that what it removes is not kept",
        ...(run.origin === undefined ? {} : { origin: run.origin }),
      });
    } else {
      layers.push(layer);
    }
  }
  return layers.length === stage.layers.length ? stage : { ...stage, layers };
}

function frees(before: Layer, layer: Layer): boolean {
  const [run] = layer.operations;
  const last = before.operations.at(-1);
  return (
    layer.operations.length === 1 &&
    layer.name === undefined &&
    isRun(run) &&
    typeof run.command === "string" &&
    REMOVES.test(run.command) &&
    before.operations.every(isRun) &&
    isRun(last) &&
    canShareLayer(last, run)
  );
}

function isRun(operation: Operation | undefined): operation is RunOperation {
  return operation?.op === "run";
}

/** What one RUN instruction cannot vary inside: its user, shell, network and mounts. */
function canShareLayer(first: RunOperation, second: RunOperation): boolean {
  return (
    first.user === second.user &&
    first.shell.join("\0") === second.shell.join("\0") &&
    (first.network ?? "default") === (second.network ?? "default") &&
    (first.mounts ?? []).length === 0 &&
    (second.mounts ?? []).length === 0
  );
}
