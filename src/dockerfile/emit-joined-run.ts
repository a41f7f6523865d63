import { PlanError } from "../errors/layerwright-error.js";
import type { FileOperation, RunOperation } from "../plan/operation.js";
import { downloadName } from "../plan/operation.js";
import { scriptCommand } from "./change-command.js";
import { argumentsOf, refuseLongArguments } from "./emit-run.js";
import { fileLines, functionLines, MOUNT, type ScriptFunction } from "./file-script.js";
import { noteCommand, noteEffects } from "./layer-effects.js";
import { ownerFlag } from "./owner-flag.js";
import { LINKS_MOUNT, mayLink } from "./part-links.js";
import { shellWord, shellWords } from "./quoting.js";
import { runFlags, sameOf } from "./run-flags.js";
import { nameOf } from "./spelled-copies.js";
import type { StageDraft } from "./stage-draft.js";
import { isRoot, setUser, setVariables, setWorkdir } from "./transition.js";
import { type BringOperation, isBring, mergesFolder, writeLayer } from "./write-layer.js";

/** What can be in one RUN. */
export type JoinedOperation = FileOperation | RunOperation;

/**
 * Writes commands and file operations as one layer: one RUN with the files of the layer mounted.
 *
 * @throws {PlanError} LAYER_MIXED, NO_TOOL, ARGUMENT_TOO_LONG
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
  const ownWorkdir = makesWorkdir(operations);
  setState(draft, runs, ownWorkdir);
  const workdir = ownWorkdir ? draft.config.workdir : runs[0]?.workdir;
  const { script, mounted } = scriptOf(draft, operations, runs[0], workdir);
  const flags = [...runFlags(draft, runs), ...mounted];
  const command = scriptCommand(draft, script);
  refuseLongArguments(command, runs);
  draft.add({ kind: "run", flags, command });
  draft.shellSeen = true;
}

/** True when the layer makes the working directory of its first command: a WORKDIR before it would be a layer more. */
function makesWorkdir(operations: readonly JoinedOperation[]): boolean {
  const at = operations.findIndex(({ op }) => op === "run");
  const workdir = (operations[at] as RunOperation | undefined)?.workdir;
  return operations.slice(0, Math.max(at, 0)).some((made) => made.op === "mkdir" && made.path === workdir);
}

function setState(draft: StageDraft, runs: readonly RunOperation[], ownWorkdir: boolean): void {
  const [first] = runs;
  if (first === undefined) {
    // Removing and changing is root's business, whoever commands run as.
    if (draft.config.user !== undefined && !isRoot(draft.config.user)) setUser(draft, "0", undefined);
    else if (draft.config.user === undefined && !isRoot(draft.baseConfig?.User))
      setUser(draft, "0", undefined);
    return;
  }
  setVariables(draft, first.env, first.origin);
  if (!ownWorkdir) setWorkdir(draft, first.workdir, first.origin);
  setUser(draft, first.user, first.origin);
}

/** What the layer brings, laid out in one stage, each operation under a number. */
class MountedFiles {
  readonly #draft: StageDraft;
  #prep: StageDraft | undefined;
  #count = 0;
  /** True when the script gives some of it to somebody. */
  #changed = false;

  constructor(draft: StageDraft) {
    this.#draft = draft;
  }

  /**
   * Lays one operation out, with what is known of the stage now. An owner whose name nobody knows yet is left to the
   * script.
   */
  bring(operation: BringOperation): { readonly path: string; readonly late: boolean } | undefined {
    if (operation.op !== "copy" && operation.op !== "write" && operation.op !== "add") return undefined;
    this.#prep ??= this.#draft.prep("/");
    const path = `/${++this.#count}${nameInMount(this.#draft, operation)}`;
    const { owner } = operation;
    const late = owner !== undefined && ownerFlag(this.#draft, owner, operation.origin).byName;
    const { owner: _, ...unowned } = operation;
    const own = late ? unowned : operation;
    const moved = own.op === "write" ? { ...own, path } : { ...own, dest: path };
    writeLayer(this.#prep, [moved as BringOperation]);
    this.#changed ||= late;
    return { path: `${MOUNT}${path}`, late };
  }

  /** Ends the stage; the flag that mounts it. */
  flags(): string[] {
    if (this.#prep === undefined) return [];
    this.#prep.finish();
    const writable = this.#changed ? ",rw" : "";
    return [`--mount=type=bind,from=${this.#prep.name},source=/,target=${MOUNT}${writable}`];
  }
}

/** The name that a file keeps in the mount, under which it goes into a directory at its destination. */
function nameInMount(draft: StageDraft, operation: BringOperation): string {
  if (operation.op === "add" && !operation.into) return `/${downloadName(operation.url)}`;
  if (operation.op !== "copy" || operation.into || mergesFolder(draft, operation)) return "";
  const name = nameOf(operation.sources[0]!);
  return name === undefined || name === "" || name === "." ? "" : `/${name}`;
}

/** Writes the operations as a script, and notes after each what it did, so that the next one is right. */
function scriptOf(
  draft: StageDraft,
  operations: readonly JoinedOperation[],
  first: RunOperation | undefined,
  workdir: string | undefined,
): { readonly script: string; readonly mounted: readonly string[] } {
  const files = new MountedFiles(draft);
  const uses = new Set<ScriptFunction>();
  const lines: string[] = [];
  let env: Readonly<Record<string, string>> = first?.env ?? {};
  let parts = false;
  for (const [index, operation] of operations.entries()) {
    if (operation.op === "run") {
      lines.push(...exportsBetween(env, operation), runLine(operation, workdir));
      if (mayLink(operation) && operations.slice(index + 1).some(changesInPlace)) {
        parts = true;
        lines.push("part_links");
      }
      env = { ...env, ...operation.env };
      noteCommand(draft, operation.command);
    } else {
      const brought = isBring(operation) ? files.bring(operation) : undefined;
      const own = fileLines(draft, operation, brought?.path ?? "", brought?.late === true);
      lines.push(...own.lines);
      for (const name of own.uses) uses.add(name);
      noteEffects(draft, operation);
    }
  }
  if (parts) {
    uses.add("links");
    lines.push("join_links");
  }
  const mounted = [...files.flags(), ...(parts ? [`--mount=type=tmpfs,target=${LINKS_MOUNT}`] : [])];
  return { script: `${["set -e", ...functionLines(uses), ...lines].join("\n")}\n`, mounted };
}

/** True when an operation may change a file that is there without putting another in its place. */
function changesInPlace({ op }: JoinedOperation): boolean {
  return op === "run" || op === "chmod" || op === "chown";
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
