import type { MkdirOperation, Operation } from "../operation.js";
import { describeOperation, impliesDirectory } from "../operation.js";
import type { Layer, Plan, Stage } from "../plan.js";
import { Ground, mayEnter, producedPath } from "./ground.js";
import type { Pass, PassLog } from "./pass.js";

/**
 * Joins neighbouring file layers where that frees a whole layer: the directory of a `workdir` goes into the layer that
 * fills it.
 */
export const joinCopies: Pass = {
  name: "join-copies",
  apply: (plan, log) => ({ ...plan, stages: plan.stages.map((stage) => joinFolders(stage, log)) }),
};

/** Drops a file that a later step of this image writes again, so that it is not written twice. */
export const dropOverwritten: Pass = {
  name: "join-copies",
  apply: (plan, log) => ({ ...plan, stages: plan.stages.map((stage) => dropInStage(stage, plan, log)) }),
};

/** The directory of a workdir, alone in its layer, joins the next file layer that writes into it. */
function joinFolders(stage: Stage, log: PassLog): Stage {
  const layers: Layer[] = [];
  let changed = false;
  for (const [at, layer] of stage.layers.entries()) {
    const before = layers.at(-1);
    const folder = before && loneFolder(before);
    const isOwn = log.catalog.mayMerge(stage, at - 1, at);
    if (before !== undefined && folder !== undefined && isOwn && fills(layer, folder)) {
      layers[layers.length - 1] = { ...layer, operations: [folder, ...layer.operations] };
      changed = true;
      log.record({
        before: `${folder.path} made in a layer of its own`,
        after: `made by the layer that fills it`,
        ...(folder.origin === undefined ? {} : { origin: folder.origin }),
      });
    } else {
      layers.push(layer);
    }
  }
  return changed ? { ...stage, layers } : stage;
}

function loneFolder(layer: Layer): MkdirOperation | undefined {
  const [only] = layer.operations;
  return layer.operations.length === 1 && only?.op === "mkdir" && only.ifMissing === true ? only : undefined;
}

/** A layer that makes the directory anyway; an owner or mode would need a stage beside it in a Dockerfile. */
function fills(layer: Layer, folder: MkdirOperation): boolean {
  return layer.operations.every((operation) => impliesDirectory(operation, folder));
}

/** A file that is written again, with nothing in between that could have seen it. */
function dropInStage(stage: Stage, plan: Plan, log: PassLog): Stage {
  const ground = new Ground(plan, stage, log.probe);
  const operations = stage.layers.flatMap((layer, index) =>
    layer.operations.map((operation) => ({ layer: index, operation })),
  );
  const dropped = new Set<Operation>();
  operations.forEach(({ operation, layer }, index) => {
    const path = producedPath(operation, log.probe);
    if (path === undefined || operation.op === "mkdir") return;
    const found = operations.find((later, at) => at > index && ground.touches(later.operation, path));
    if (found === undefined || !log.catalog.mayMerge(stage, layer, found.layer)) return;
    const next = found.operation;
    if (next.op === "mkdir" || producedPath(next, log.probe) !== path) return;
    // Between a file and a link the second would be refused or follow the first: both must be of one kind.
    if ((next.op === "symlink") !== (operation.op === "symlink")) return;
    // Asked at last: where nothing else decides, the image depends on what its base holds.
    const earlier = operations.slice(0, index).map((one) => one.operation);
    if (!ground.lacks(path) || (mayEnter(operation) && !ground.isNew(path, earlier))) return;
    dropped.add(operation);
    log.record({
      before: describeOperation(operation),
      after: `dropped, since ${describeOperation(next)} writes the same path`,
      ...(operation.origin === undefined ? {} : { origin: operation.origin }),
    });
  });
  if (ground.askedBase) log.settledByBase(stage);
  if (dropped.size === 0) return stage;
  const layers = stage.layers
    .map((layer) => ({
      ...layer,
      operations: layer.operations.filter((operation) => !dropped.has(operation)),
    }))
    .filter((layer) => layer.operations.length > 0);
  return { ...stage, layers };
}
