import { baseName, resolvePath } from "../../core/posix-path.js";
import type { ManagerName } from "../../recipes/leftovers.js";
import type { CleanedCommand, RunOperation } from "../operation.js";
import { kindOf } from "./known-programs.js";
import { commandsOf, isShell, mayRead, programOf } from "./later-use.js";
import { nearnessOf } from "./leftover-places.js";
import type { ShellCommand, ShellWord } from "./shell-commands.js";

/** Words that change what the rest of the shell's text does, or that end it. */
const CHANGES_SHELL = /^(\.|alias|eval|exec|return|shopt|source|trap|unalias)$/;
const SETS_VARIABLES = /^(export|read|readonly|local|declare|typeset|unset|getopts)$/;

/**
 * The place where a clean-up does the same in a process of its own as at the end of a command: the directory that the command
 * ends in. Undefined where the clean-up may depend on more that the command's shell was told.
 */
export function apartFrom(run: RunOperation, cleanUp: string): CleanedCommand["apart"] {
  const commands = typeof run.command === "string" ? commandsOf(run) : undefined;
  if (commands === undefined || !commands.every(leavesShell)) return undefined;
  // Words that the shell fills in depend on variables, and programs on the directory that they start in.
  const isFixed = /^(?:\{ )?rm -rf(?: \/[\w./*-]+)+(?: \|\| true; \})?$/.test(cleanUp);
  if (isFixed) return {};
  if (commands.some(setsVariables)) return undefined;
  let workdir: string | undefined;
  for (const { words, conditional } of commands) {
    const name = words[0]?.text ?? "";
    if (/^(pushd|popd)$/.test(name)) return undefined;
    if (name !== "cd") continue;
    const [, to] = words;
    if (conditional || words.length !== 2 || to!.open || to!.glob || !to!.text.startsWith("/"))
      return undefined;
    workdir = to!.text;
  }
  return workdir === undefined ? {} : { workdir };
}

/** True when a command leaves the shell that reads it as it is, but for variables and the directory. */
function leavesShell({ words }: ShellCommand): boolean {
  const [first, ...rest] = words.filter(({ text }) => !/^\w+=/.test(text));
  if (first === undefined) return true;
  if (first.text === "exit") return /^[1-9]\d*$/.test(rest[0]?.text ?? "");
  if (first.text === "set")
    return rest.every(({ text }) => /^([-+][euxo]+|errexit|nounset|pipefail|xtrace)$/.test(text));
  return !CHANGES_SHELL.test(first.text);
}

function setsVariables({ words }: ShellCommand): boolean {
  return words.every(({ text }) => /^\w+=/.test(text)) || SETS_VARIABLES.test(words[0]?.text ?? "");
}

/** Programs that look at a directory that they are not told. */
const LISTS = /^(df|du|find|ls)$/;

/**
 * True when a command surely gives the same before and after a clean-up: it uses nothing of what was removed, writes
 * nothing there, and names no path that holds it.
 */
export function isUnaffected(run: RunOperation, workdir: string, managers: readonly string[]): boolean {
  const written = run.cleaned === undefined ? run : { ...run, command: run.cleaned.written };
  const commands = commandsOf(written);
  if (commands === undefined) return false;
  return (managers as readonly ManagerName[]).every(
    (manager) => !mayRead(written, manager) && !looksAt(commands, workdir, manager),
  );
}

/** True when what some package managers leave has nothing to do with what others leave. */
export function areApart(some: readonly string[], others: readonly string[]): boolean {
  const kinds = new Set(some.map(kindOf));
  return !others.some((name) => kinds.has(kindOf(name)));
}

function looksAt(commands: readonly ShellCommand[], workdir: string, manager: ManagerName): boolean {
  let folder = workdir;
  for (const { words, redirects } of commands) {
    const program = programOf(words) ?? [];
    const name = baseName(`/${program[0]?.text ?? ""}`);
    // What manages packages of the same kind writes to the same logs and caches.
    if (kindOf(name) === kindOf(manager) || isShell(name)) return true;
    // Arguments that only the shell knows.
    if (words.some(({ text }) => /^(xargs|parallel)$/.test(baseName(`/${text}`)))) return true;
    const args = [...words.filter((word) => word !== program[0]), ...redirects.map(({ file }) => file)];
    const listed: ShellWord[] = LISTS.test(name) ? [{ text: ".", open: false, glob: false }] : [];
    if ([...args, ...listed].some((word) => namesLeftovers(word, folder, manager))) return true;
    if (name === "cd") folder = resolvePath(folder, program[1]?.text ?? "/root");
  }
  return false;
}

function namesLeftovers(word: ShellWord, folder: string, manager: ManagerName): boolean {
  return word.open || nearnessOf(manager, word, folder) !== undefined;
}
