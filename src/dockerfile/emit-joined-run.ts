import { parentPath } from "../core/posix-path.js";
import { PlanError } from "../errors/layerwright-error.js";
import type { FileOperation, Operation, RunOperation } from "../plan/operation.js";
import { argumentsOf, isPosixShell } from "./emit-run.js";
import { noteCommand, noteEffects } from "./layer-effects.js";
import { modeAfter, octalText } from "./mode-flag.js";
import { ownerFlag } from "./owner-flag.js";
import { fitsHeredoc, shellWord, shellWords } from "./quoting.js";
import { runFlags, sameOf } from "./run-flags.js";
import { slashed } from "./side-stage.js";
import type { StageDraft } from "./stage-draft.js";
import { setUser, setVariables, setWorkdir } from "./transition.js";
import { type BringOperation, writeLayer } from "./write-layer.js";

/** Where the files that a layer brings are mounted while its one RUN copies them in. */
const MOUNT = "/run/layerwright";

/**
 * Merges one file or folder from the mount as COPY would: what is copied keeps mode and owner, missing parents are
 * root's, and the folder that it goes into is left alone.
 */
const PUT = `put() {
  if [ -d "$1" ] && [ ! -L "$1" ]; then
    mkdir -p "$2"
    for entry in "$1"/* "$1"/.[!.]* "$1"/..?*; do
      if [ -e "$entry" ] || [ -L "$entry" ]; then cp -a "$entry" "$2"/; fi
    done
  else
    mkdir -p "\${2%/*}/"
    cp -a "$1" "$2"
  fi
}`;

/**
 * Writes commands and file operations as one layer: one RUN with the files of the layer mounted.
 *
 * @throws {PlanError} LAYER_MIXED, NO_TOOL
 */
export function emitJoinedRun(draft: StageDraft, operations: readonly Operation[]): void {
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
  const heredoc =
    draft.emission.dialect.heredoc && fitsHeredoc(script, 32 * 1024) && draft.config.shell === undefined;
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

/** Whether a user of a config is root; unset is. */
export function isRoot(user: string | undefined): boolean {
  return user === undefined || /^(|root|0)(:(root|0))?$/.test(user);
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
  const prep = draft.prep();
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
  operations: readonly Operation[],
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

function fileLines(draft: StageDraft, operation: FileOperation, mounted: string | undefined): string[] {
  const owner =
    "owner" in operation && operation.owner !== undefined ? ownerText(draft, operation) : undefined;
  switch (operation.op) {
    case "copy":
    case "add":
      return [
        `put ${shellWords([mounted ?? "", operation.into ? slashed(operation.dest).replace(/\/$/, "") || "/" : operation.dest])}`,
      ];
    case "write":
      return [`put ${shellWords([mounted ?? "", operation.path])}`];
    case "mkdir": {
      const path = shellWord(operation.path);
      const look = [
        `chmod ${octalText(modeAfter(operation.mode, 0o755, true))} ${path}`,
        ...(owner === undefined ? [] : [`chown ${owner} ${path}`]),
      ];
      if (operation.ifMissing) return [`if [ ! -d ${path} ]; then mkdir -p ${path}; ${look.join("; ")}; fi`];
      return [`mkdir -p ${path}`, ...look];
    }
    case "symlink": {
      const path = shellWord(operation.path);
      const chown = owner === undefined ? [] : [`chown -h ${owner} ${path}`];
      return [
        `mkdir -p ${shellWord(slashed(parentPath(operation.path)))}`,
        `ln -sfn ${shellWord(operation.target)} ${path}`,
        ...chown,
      ];
    }
    default:
      return [shellWords(changeArguments(draft, operation))];
  }
}

/** The tool and its arguments that remove or change something. */
export function changeArguments(
  draft: StageDraft,
  operation: Extract<FileOperation, { op: "remove" | "chmod" | "chown" }>,
): readonly string[] {
  const recursive = "recursive" in operation && operation.recursive ? ["-R"] : [];
  if (operation.op === "remove") return ["rm", "-rf", operation.path];
  if (operation.op === "chmod") {
    const { mode } = operation;
    return ["chmod", ...recursive, "octal" in mode ? octalText(mode.octal) : mode.symbolic, operation.path];
  }
  return ["chown", ...(recursive.length > 0 ? ["-Rh"] : []), ownerText(draft, operation), operation.path];
}

function ownerText(draft: StageDraft, operation: FileOperation): string {
  if (!("owner" in operation) || operation.owner === undefined) return "0:0";
  const flag = ownerFlag(draft, operation.owner, operation.origin);
  // For chown(1), a name and a colon is the name's own group.
  return flag.text.includes(":") ? flag.text : `${flag.text}:`;
}

function refuseWithoutTools(draft: StageDraft, operations: readonly Operation[]): void {
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

/** Whether the commands of a layer can share one POSIX shell. */
export function canJoin(runs: readonly RunOperation[]): boolean {
  return runs.every(
    (run) => typeof run.command !== "string" || isPosixShell(run.shell) || run.shell.length > 0,
  );
}
