import { isLayerwrightError, PlanError } from "../errors/layerwright-error.js";
import type { Layer } from "../plan/plan.js";
import { changeByCopy } from "./change-by-copy.js";
import { type ChangeOperation, changeCommand, scriptCommand } from "./change-command.js";
import { emitHostRun, withoutHostRuns } from "./emit-host-run.js";
import { emitJoinedRun, type JoinedOperation } from "./emit-joined-run.js";
import { emitRun } from "./emit-run.js";
import { noteEffects } from "./layer-effects.js";
import { originComment } from "./origin-comment.js";
import { spelledCopies } from "./spelled-copies.js";
import type { StageDraft } from "./stage-draft.js";
import { isRoot, setUser } from "./transition.js";
import { type BringOperation, isBring, mayInheritGroup, writeLayer } from "./write-layer.js";

/** Writes one layer of a plan: exactly one instruction that makes a layer, and whatever prepares it. */
export function emitLayer(draft: StageDraft, layer: Layer): void {
  const [first] = layer.operations;
  if (first === undefined) return;
  const comment = originComment(layer.operations, layer.name);
  draft.comment(comment);
  if (first.op === "hostRun" && layer.operations.length === 1) {
    emitHostRun(draft, first);
    return;
  }
  const operations = withoutIdleRemovals(draft, withoutHostRuns(draft, layer.operations)).flatMap(
    (operation): readonly JoinedOperation[] =>
      operation.op === "copy" ? spelledCopies(draft.emission, operation) : [operation],
  );
  if (operations.length === 0) return;
  if (operations.length === 1 && operations[0]?.op === "run") {
    emitRun(draft, operations[0]);
    return;
  }
  const bring = operations.filter(isBring);
  if (bring.length === operations.length) {
    bringFiles(draft, bring);
    return;
  }
  const [only] = operations;
  if (operations.length === 1 && (only?.op === "remove" || only?.op === "chmod" || only?.op === "chown")) {
    emitChange(draft, only);
    return;
  }
  emitJoinedRun(draft, operations);
}

/**
 * The operations of a layer without removals of what is not there by then: as in the direct build, nothing happens, so
 * no tool is needed for them.
 */
function withoutIdleRemovals(
  draft: StageDraft,
  operations: readonly JoinedOperation[],
): readonly JoinedOperation[] {
  if (!operations.some(({ op }) => op === "remove")) return operations;
  const before = draft.mark();
  // A command may make anything.
  let isKnown = true;
  const left = operations.filter((operation) => {
    if (operation.op === "run") isKnown = false;
    if (!isKnown || operation.op === "run") return true;
    if (operation.op === "remove" && isAbsent(draft, operation.path)) return false;
    noteEffects(draft, operation);
    return true;
  });
  draft.rewind(before);
  return left;
}

function isAbsent({ tree }: StageDraft, path: string): boolean {
  return tree.at(tree.real(path, false)).kind === "absent";
}

/** Copies files in; where COPY cannot say it and a command has run in a shell, there is one, and it can. */
function bringFiles(draft: StageDraft, operations: readonly BringOperation[]): void {
  if (draft.shellSeen && operations.some((operation) => mayInheritGroup(draft, operation))) {
    emitJoinedRun(draft, operations);
    return;
  }
  const before = draft.mark();
  try {
    writeLayer(draft, operations);
  } catch (error) {
    const unknown = isLayerwrightError(error) && error.code === "FOLDERS_UNKNOWN";
    if (!unknown || !draft.shellSeen) throw error;
    draft.rewind(before);
    emitJoinedRun(draft, operations);
  }
}

/** Removing or changing what a lower layer holds is one tool of the image, run as root; without a shell where it can. */
function emitChange(draft: StageDraft, operation: ChangeOperation): void {
  const { tree } = draft;
  const { args, script } = changeCommand(draft, operation);
  const [tool = "rm"] = args;
  const places = ["/bin", "/usr/bin", "/sbin", "/usr/sbin"].map((folder) =>
    tree.real(`${folder}/${tool}`, true),
  );
  if (places.every((path) => tree.at(path).kind === "absent")) {
    if (changeByCopy(draft, operation)) return;
    const context = { subject: operation.path, origin: operation.origin };
    const verb = operation.op === "remove" ? "removal" : operation.op;
    throw new PlanError("NO_TOOL", { operation: verb, path: operation.path, base: draft.baseLabel }, context);
  }
  const user = draft.config.user ?? draft.baseConfig?.User;
  if (!isRoot(user)) setUser(draft, "0", operation.origin);
  const hasShell = tree.at(tree.real("/bin/sh", true)).kind !== "absent";
  const command =
    script === undefined || !hasShell
      ? ({ form: "exec", args } as const)
      : scriptCommand(draft, `${script}\n`);
  draft.add({ kind: "run", flags: [], command });
  noteEffects(draft, operation);
}
