import { PlanError } from "../errors/layerwright-error.js";
import {
  describeOperation,
  downloadName,
  type FileOperation,
  type HostRunOperation,
  type Operation,
  type PlanMount,
  type RunOperation,
} from "../plan/operation.js";
import { scriptCommand } from "./change-command.js";
import { nameOf, refuseNotText } from "./copy-source.js";
import type { StageDraft } from "./draft.js";
import { currentShell, isRoot, setUser, setVariables, setWorkdir, transitionTo } from "./emit-config.js";
import { fileLines, functionLines, LINKS_MOUNT, MOUNT, mayLink, type ScriptFunction } from "./file-script.js";
import { ownerFlag } from "./flags.js";
import type { RunCommand } from "./instruction.js";
import { type BringOperation, isBring, mergesFolder, noteCommand, noteEffects } from "./layer-effects.js";
import {
  fitsHeredoc,
  isMountValue,
  isPlainCommand,
  isText,
  literalPattern,
  shellWord,
  shellWords,
} from "./quoting.js";
import { writeLayer } from "./write-layer.js";

/** Bytes of an argument or variable, without the NUL at its end. Source: Linux, MAX_ARG_STRLEN. */
const LONGEST_ARGUMENT = 128 * 1024 - 1;
const LONGEST_SCRIPT = 32 * 1024;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Writes one command as one layer. */
export function emitRun(draft: StageDraft, run: RunOperation): void {
  transitionTo(draft, run);
  const command = runCommand(draft, run);
  refuseLongArguments(command, [run]);
  draft.add({ kind: "run", flags: runFlags(draft, [run]), command });
  if (typeof run.command === "string" && isPosixShell(run.shell)) draft.shellSeen = true;
  noteCommand(draft, run.command);
}

/** Refuses what Linux starts no program with. @throws {PlanError} ARGUMENT_TOO_LONG */
function refuseLongArguments(command: RunCommand, runs: readonly RunOperation[]): void {
  const most = LONGEST_ARGUMENT;
  const refuse = (what: string, text: string, origin: RunOperation["origin"]): void => {
    const bytes = Buffer.byteLength(text);
    if (bytes > most) {
      throw new PlanError("ARGUMENT_TOO_LONG", { what, bytes, most }, { subject: "run", origin });
    }
  };
  for (const run of runs) {
    for (const arg of argumentsOf(run)) refuse("an argument of a command", arg, run.origin);
    for (const [name, value] of Object.entries({ ...run.env, ...run.stepEnv })) {
      refuse(`the variable ${name} of a command`, `${name}=${value}`, run.origin);
    }
  }
  const texts = command.form === "exec" ? command.args : [command.text];
  for (const text of texts) refuse("the script of a layer's commands and files", text, runs[0]?.origin);
}

/** True when a shell takes POSIX words and `-c`. */
function isPosixShell(shell: readonly string[]): boolean {
  return /(^|\/)(sh|bash|dash|ash|ksh|zsh)$/.test(shell[0] ?? "") && /^-[a-z]*c$/.test(shell.at(-1) ?? "");
}

/** The arguments that a command is run with, shell included. */
function argumentsOf(run: RunOperation): readonly string[] {
  const args = typeof run.command === "string" ? [...run.shell, run.command] : run.command;
  for (const arg of args) {
    if (!isText(arg) || arg.includes("\0")) {
      throw new PlanError(
        "NOT_EXPRESSIBLE",
        { field: "command", reason: "is no text" },
        { subject: "run", origin: run.origin },
      );
    }
  }
  return args;
}

function runCommand(draft: StageDraft, run: RunOperation): RunCommand {
  const variables = Object.entries(run.stepEnv ?? {});
  const args = argumentsOf(run);
  const other = currentShell(draft).join("\0") !== run.shell.join("\0");
  if (typeof run.command !== "string" || other) return { form: "exec", args: withVariables(variables, args) };
  const exportable = isPosixShell(run.shell) && variables.every(([name]) => IDENTIFIER.test(name));
  if (variables.length > 0 && !exportable) return { form: "exec", args: withVariables(variables, args) };
  const prefix = variables.map(([name, value]) => `export ${name}=${shellWord(value)}`);
  const { heredoc } = draft.emission.dialect;
  if (prefix.length === 0 && isPlainCommand(run.command) && !/\n/.test(run.command)) {
    return heredoc || isPosixShell(run.shell) ? { form: "line", text: run.command } : { form: "exec", args };
  }
  const script = [...prefix, run.command].join("\n");
  const text = script.endsWith("\n") ? script : `${script}\n`;
  const readable =
    heredoc && fitsHeredoc(text, LONGEST_SCRIPT) && !text.startsWith("#!") && isPosixShell(run.shell);
  return readable ? { form: "heredoc", text } : { form: "exec", args: [...run.shell, script] };
}

function withVariables(
  variables: readonly (readonly [string, string])[],
  args: readonly string[],
): readonly string[] {
  if (variables.length === 0) return args;
  return ["env", ...variables.map(([name, value]) => `${name}=${value}`), ...args];
}

/** An operation that can be part of one RUN. */
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

/** The files that the layer brings, laid out in one stage, each operation under a number. */
class MountedFiles {
  readonly #draft: StageDraft;
  #prep: StageDraft | undefined;
  #count = 0;
  /** True when the script changes the owner of some of it. */
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

/** Adds the layer that tools of the host made: a tar beside the Dockerfile, named by its digest. */
export function emitHostRun(draft: StageDraft, run: HostRunOperation): void {
  const { emission } = draft;
  const subject = describeOperation(run);
  const context = { subject, origin: run.origin };
  if (run.layer === undefined) throw new PlanError("HOST_LAYER_MISSING", { step: subject }, context);
  const source = emission.generatedSource(emission.files.layer(run.layer.digest));
  if (source.from !== undefined) {
    const what = "a host command in an image that also copies the whole context";
    const way = "copy the needed directories by name, so that the tar can lie in the context too";
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

/** The `--network` and `--mount` flags of some commands that become one RUN. */
function runFlags(draft: StageDraft, runs: readonly RunOperation[]): string[] {
  const [network] = sameOf(runs, "network", (run) => run.network ?? "default");
  const { dialect } = draft.emission;
  if (network !== undefined && network !== "default" && dialect.name === "classic") {
    // Buildah 1.28: "RUN only supports the --mount flag".
    const way = "use the buildkit dialect, or leave the network to the build command (--network)";
    const context = { subject: network, origin: runs[0]?.origin };
    throw new PlanError(
      "DIALECT_CANNOT",
      { what: `network: "${network}"`, dialect: dialect.name, way },
      context,
    );
  }
  return [
    ...(network === undefined || network === "default" ? [] : [`--network=${network}`]),
    ...mountTexts(draft, runs).map((text) => `--mount=${text}`),
  ];
}

/** The mounts of all commands, each once. What two commands see in different ways at one place, one RUN cannot say. */
function mountTexts(draft: StageDraft, runs: readonly RunOperation[]): readonly string[] {
  const texts = new Set<string>();
  const taken = new Map<string, { text: string; run: RunOperation }>();
  for (const run of runs) {
    for (const mount of run.mounts ?? []) {
      const text = mountText(draft, mount, run);
      texts.add(text);
      for (const place of placesOf(mount)) {
        const before = taken.get(place);
        if (before !== undefined && before.run !== run && before.text !== text) {
          throw new PlanError(
            "LAYER_MIXED",
            { what: `mounts at ${place}`, values: [before.text, text] },
            { subject: place, origin: run.origin },
          );
        }
        taken.set(place, { text, run });
      }
    }
  }
  return [...texts];
}

/** The place of a mount for its command: a path, a variable or both. */
function placesOf(mount: PlanMount): readonly string[] {
  if (mount.type === "ssh") return [`ssh ${mount.id ?? ""}`];
  if (mount.type !== "secret") return [mount.target];
  const { id, target, env } = mount;
  const variable = env === undefined ? [] : [`the variable ${env}`];
  // With a variable and no target there is no file.
  const path = target ?? (env === undefined ? `/run/secrets/${id}` : undefined);
  return path === undefined ? variable : [path, ...variable];
}

/** The one value that all runs of a layer have, or an error that shows the different ones. */
function sameOf<T>(
  runs: readonly RunOperation[],
  what: string,
  value: (run: RunOperation) => T,
): [T | undefined] {
  const values = [...new Set(runs.map(value))];
  if (values.length <= 1) return [values[0]];
  const shown = values.map((one) => (one === undefined ? "the base's" : String(one)));
  throw new PlanError("LAYER_MIXED", { what, values: shown }, { subject: what, origin: runs.at(-1)?.origin });
}

function mountText(draft: StageDraft, mount: PlanMount, run: RunOperation): string {
  const { emission } = draft;
  const parts: [string, string | number | boolean | undefined][] = [["type", mount.type]];
  switch (mount.type) {
    case "cache":
      parts.push(["target", mount.target], ["id", mount.id], ["sharing", mount.sharing]);
      break;
    case "tmpfs":
      parts.push(["target", mount.target], ["size", mount.sizeBytes]);
      break;
    case "bind":
      parts.push(...bindParts(draft, mount, run));
      break;
    case "secret":
      if (mount.env !== undefined && !emission.dialect.modern) {
        const what = "a secret in a variable (front end 1.10)";
        throw new PlanError(
          "FRONTEND_TOO_OLD",
          { what, frontend: emission.dialect.frontend },
          { subject: mount.id, origin: run.origin },
        );
      }
      parts.push(
        ["id", mount.id],
        ["target", mount.target],
        ["env", mount.env],
        ["required", mount.required || undefined],
      );
      break;
    case "ssh":
      parts.push(["id", mount.id]);
      break;
  }
  const given = parts.filter((part): part is [string, string | number | boolean] => part[1] !== undefined);
  for (const [name, value] of given) {
    if (isMountValue(String(value))) continue;
    const reason = "has characters that a mount reads as something else";
    throw new PlanError(
      "NOT_EXPRESSIBLE",
      { field: `mount ${name}`, reason },
      { subject: String(value), origin: run.origin },
    );
  }
  return given.map(([name, value]) => `${name}=${value}`).join(",");
}

function bindParts(
  draft: StageDraft,
  mount: Extract<PlanMount, { type: "bind" }>,
  run: RunOperation,
): [string, string | boolean | undefined][] {
  const { emission } = draft;
  const { source } = mount;
  if (source.from === "context") refuseNotText(source, run.origin);
  // A mount does not follow links in a context, so that it names what they lead to.
  const path = (source.from === "context" && source.found?.through?.at(-1)) || source.path;
  const rest: [string, string | boolean | undefined][] = [
    ["source", path],
    ["target", mount.target],
    ["rw", mount.writable || undefined],
  ];
  if (source.from === "stage")
    return [["from", emission.stages.get(source.stage)?.name ?? source.stage], ...rest];
  if (source.context !== undefined) {
    emission.contexts.set(source.context, emission.plan.contexts[source.context] ?? source.context);
    return [["from", source.context], ...rest];
  }
  // A mount has no patterns: what looks like one is a name.
  emission.ignore.use(literalPattern(path), [], run.origin);
  return rest;
}
