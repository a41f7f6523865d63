import { PlanError } from "../errors/layerwright-error.js";
import type { RunOperation } from "../plan/operation.js";
import type { RunCommand } from "./instruction.js";
import { noteCommand } from "./layer-effects.js";
import { fitsHeredoc, isPlainCommand, isText, shellWord } from "./quoting.js";
import { runFlags } from "./run-flags.js";
import type { StageDraft } from "./stage-draft.js";
import { currentShell, transitionTo } from "./transition.js";

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
export function refuseLongArguments(command: RunCommand, runs: readonly RunOperation[]): void {
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
export function isPosixShell(shell: readonly string[]): boolean {
  return /(^|\/)(sh|bash|dash|ash|ksh|zsh)$/.test(shell[0] ?? "") && /^-[a-z]*c$/.test(shell.at(-1) ?? "");
}

/** The arguments that a command is run with, shell included. */
export function argumentsOf(run: RunOperation): readonly string[] {
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
