import { PlanError } from "../errors/layerwright-error.js";
import type { HostRunOperation, Operation } from "../plan/operation.js";
import { describeOperation } from "../plan/operation.js";
import type { JoinedOperation } from "./emit-joined-run.js";
import { noteCommand } from "./layer-effects.js";
import type { StageDraft } from "./stage-draft.js";

/** Adds the layer that tools of the host made: a tar beside the Dockerfile, named by its digest. */
export function emitHostRun(draft: StageDraft, run: HostRunOperation): void {
  const { emission } = draft;
  const subject = describeOperation(run);
  const context = { subject, origin: run.origin };
  if (run.layer === undefined) throw new PlanError("HOST_LAYER_MISSING", { step: subject }, context);
  const source = emission.generatedSource(emission.files.layer(run.layer.digest));
  if (source.from !== undefined) {
    const what = "a host command in an image that also copies the whole context";
    const way = "copy the folders that are needed by name, so that the tar can lie in the context too";
    throw new PlanError("DIALECT_CANNOT", { what, dialect: emission.dialect.name, way }, context);
  }
  draft.add({ kind: "add", flags: {}, source: source.path, dest: "/" });
  noteCommand(draft);
}

/** The operations of a layer, none of them a host command: what ADD unpacks is a layer of its own. */
export function withoutHostRuns(
  draft: StageDraft,
  operations: readonly Operation[],
): readonly JoinedOperation[] {
  return operations.map((operation) => {
    if (operation.op !== "hostRun") return operation;
    const what = "a host command in one layer with other steps";
    const way = "give it a layer of its own";
    const context = { subject: describeOperation(operation), origin: operation.origin };
    throw new PlanError("DIALECT_CANNOT", { what, dialect: draft.emission.dialect.name, way }, context);
  });
}
