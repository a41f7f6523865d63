import { PlanError } from "../errors/layerwright-error.js";
import type { FileOperation, RunOperation } from "../plan/operation.js";
import { argumentsOf } from "./emit-run.js";
import { fileLines, MOUNT, PUT } from "./file-script.js";
import { noteCommand, noteEffects } from "./layer-effects.js";
import { fitsHeredoc, shellWord, shellWords } from "./quoting.js";
import { runFlags, sameOf } from "./run-flags.js";
import type { StageDraft } from "./stage-draft.js";
import { currentShell, isRoot, setUser, setVariables, setWorkdir } from "./transition.js";
import { type BringOperation, writeLayer } from "./write-layer.js";

/** What can be in one RUN. */
export type JoinedOperation = FileOperation | RunOperation;

/**
 * Writes commands and file operations as one layer: one RUN with the files of the layer mounted.
 *
 * @throws {PlanError} LAYER_MIXED, NO_TOOL
 */
export function emitJoinedRun(draft: StageDraft, operations: readonly JoinedOperation[]): void {
  const runs = operations.filter((operation) => operation.op === "run");
  const files = operations.filter((operation) => operation.op !== "run");
  refuseWithoutTools(draft, operations);
  const [user] = sameOf(runs, "user", (run) => run.user);
  if (runs.length > 0 && files.length > 0 && !isRoot(user ?? draft.baseConfig?.User)) {
    throw new PlanError(
      "LAYER_MIXED",
      { what: "user", values: [String(user), "root for the files"] },
      { subject: "user", origin: files[0]?.origin },
    );
  }
  const mounted = mountFiles(draft, files);
  setState(draft, runs);
  const script = scriptOf(draft, operations, mounted.paths, runs[0]);
  const flags = [
    ...runFlags(draft, runs),
    ...(mounted.stage === undefined
      ? []
      : [`--mount=type=bind,from=${mounted.stage},source=/,target=${MOUNT}`]),
  ];
  const heredoc = draft.emission.dialect.heredoc && fitsHeredoc(script, 32 * 1024) && isDefaultShell(draft);
  draft.add({
    kind: "run",
    flags,
    command: heredoc ? { form: "heredoc", text: script } : { form: "exec", args: ["/bin/sh", "-c", script] },
  });
  draft.shellSeen = true;
  if (runs.length > 0) noteCommand(draft);
  for (const operation of files) noteEffects(draft, operation);
}

function setState(draft: StageDraft, runs: readonly RunOperation[]): void {
  const [first] = runs;
  if (first === undefined) {
    // Removing and changing is root's business, whoever commands run as.
    if (draft.config.user !== undefined && !isRoot(draft.config.user)) setUser(draft, "0", undefined);
    else if (draft.config.user === undefined && !isRoot(draft.baseConfig?.User))
      setUser(draft, "0", undefined);
    return;
  }
  setVariables(draft, first.env, first.origin);
  setWorkdir(draft, first.workdir, first.origin);
  setUser(draft, first.user, first.origin);
}

/** Lays what the layer brings out in one stage, each operation under a number. */
function mountFiles(
  draft: StageDraft,
  files: readonly FileOperation[],
): { stage?: string; paths: Map<FileOperation, string> } {
  const paths = new Map<FileOperation, string>();
  const bring = files.filter(
    (one): one is BringOperation => one.op === "copy" || one.op === "write" || one.op === "add",
  );
  if (bring.length === 0) return { paths };
  const prep = draft.prep("/");
  for (const [index, operation] of bring.entries()) {
    const path = `/${index + 1}`;
    paths.set(operation, `${MOUNT}${path}`);
    const moved: BringOperation =
      operation.op === "write" ? { ...operation, path } : ({ ...operation, dest: path } as BringOperation);
    writeLayer(prep, [moved]);
  }
  prep.finish();
  return { stage: prep.name, paths };
}

function scriptOf(
  draft: StageDraft,
  operations: readonly JoinedOperation[],
  paths: ReadonlyMap<FileOperation, string>,
  first: RunOperation | undefined,
): string {
  const lines = ["set -e"];
  if (operations.some((operation) => operation.op !== "run")) lines.push("umask 022");
  if (paths.size > 0) lines.push(PUT);
  let env: Readonly<Record<string, string>> = first?.env ?? {};
  for (const operation of operations) {
    if (operation.op === "run") {
      lines.push(...exportsBetween(env, operation), runLine(operation, first?.workdir));
      env = { ...env, ...operation.env };
    } else {
      lines.push(...fileLines(draft, operation, paths.get(operation)));
    }
  }
  return `${lines.join("\n")}\n`;
}

function exportsBetween(env: Readonly<Record<string, string>>, run: RunOperation): string[] {
  return Object.entries(run.env)
    .filter(([name, value]) => env[name] !== value)
    .map(([name, value]) => `export ${shellWord(`${name}=${value}`)}`);
}

/** One command in a process of its own, so that nothing it sets reaches the next. */
function runLine(run: RunOperation, workdir: string | undefined): string {
  const words = shellWords(argumentsOf(run));
  const variables = Object.entries(run.stepEnv ?? {});
  const command =
    variables.length === 0
      ? words
      : `env ${shellWords(variables.map(([name, value]) => `${name}=${value}`))} ${words}`;
  return run.workdir === workdir ? command : `(cd ${shellWord(run.workdir ?? "/")} && ${command})`;
}

function refuseWithoutTools(draft: StageDraft, operations: readonly JoinedOperation[]): void {
  const { tree } = draft;
  if (tree.at(tree.real("/bin/sh", true)).kind !== "absent") return;
  const needs = operations.find((operation) => operation.op !== "run");
  if (needs === undefined) return;
  const path = "path" in needs ? needs.path : "dest" in needs ? needs.dest : "";
  const verb = needs.op === "remove" ? "removal" : needs.op;
  throw new PlanError(
    "NO_TOOL",
    { operation: verb, path, base: draft.baseLabel },
    { subject: path, origin: needs.origin },
  );
}

function isDefaultShell(draft: StageDraft): boolean {
  return currentShell(draft).join(" ") === "/bin/sh -c";
}
