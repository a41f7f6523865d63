import { baseName, resolvePath } from "../../core/posix-path.js";
import type { ManagerName } from "../../recipes/leftovers.js";
import type { CleanedCommand, Operation, RunOperation } from "../operation.js";
import type { SharedLayer } from "./catalog-view.js";
import {
  COPIERS,
  FAMILIES,
  isKnownProgram,
  kindOf,
  needsNothing,
  SAME,
  startsPrograms,
} from "./known-programs.js";
import {
  holdsLeftovers,
  nearnessOf,
  packageManagers,
  pathOf,
  plainWord,
  reloads,
  uses,
} from "./leftovers.js";
import { type ShellCommand, type ShellWord, shellCommands } from "./shell-commands.js";

/**
 * The use that a later command makes of a package manager's leftovers: it may read them, or it surely fetches them
 * anew.
 */
type Use = "reads" | "refreshes" | "none";

/** A possible user of a package manager's leftovers: a command, or a path that another stage copies. */
export type LaterUse = { readonly operation: Operation } | { readonly path: string };

/**
 * The first thing after an operation that may use what a package manager left, in its own layer or in any layer that
 * an image has on top. A program that is not known may use everything.
 */
export function laterUse(
  manager: ManagerName,
  layer: SharedLayer,
  inLayer: readonly Operation[] = [],
): LaterUse | undefined {
  // The layers on top are the same whoever asks: only what is in the layer itself is looked at each time.
  const copied = [...layer.reads].find((path) => holdsLeftovers(manager, path));
  if (copied !== undefined) return { path: copied };
  for (const operation of inLayer) {
    const use = useOf(operation, manager);
    if (use === "reads") return { operation };
    if (use === "refreshes") return undefined;
  }
  return useAbove(manager, layer);
}

const above = new WeakMap<SharedLayer, Map<ManagerName, LaterUse | undefined>>();

/** The first use by the layers on top of one, looked for once. */
function useAbove(manager: ManagerName, layer: SharedLayer): LaterUse | undefined {
  const known = above.get(layer) ?? new Map<ManagerName, LaterUse | undefined>();
  above.set(layer, known);
  if (known.has(manager)) return known.get(manager);
  let use: LaterUse | undefined;
  for (const next of layer.next) use ??= laterUse(manager, next, next.layer.operations);
  known.set(manager, use);
  return use;
}

/** True when an operation may read what a package manager left before it. */
export function mayRead(operation: Operation, manager: ManagerName): boolean {
  return useOf(operation, manager) === "reads";
}

function useOf(operation: Operation, manager: ManagerName): Use {
  if (operation.op === "hostRun") return "reads";
  if (operation.op !== "run") return "none";
  const commands = commandsOf(operation);
  if (commands === undefined) return "reads";
  const { workdir: folder = "/", shell, command } = operation;
  if (nearnessOf(manager, plainWord(folder), "/") === "in") return "reads";
  const errexit = typeof command === "string" && shell.some((word) => /^-[a-z]*e/.test(word));
  return useOfCommands(commands, manager, { folder, errexit });
}

/** The known state of the shell that reads a command. */
interface ShellState {
  /** The directory that it is in; undefined where only the shell knows. */
  readonly folder: string | undefined;
  /** True where it ends at the first failure. */
  readonly errexit: boolean;
}

/** The commands of a run operation, or undefined where its text is not understood. */
export function commandsOf(operation: RunOperation): readonly ShellCommand[] | undefined {
  const { command, shell, env, stepEnv } = operation;
  if (typeof command !== "string") {
    const words = command.map(plainWord);
    return [{ words, redirects: [], part: 0, conditional: false }];
  }
  if (!shell.some((word) => /(^|\/)(ba|da|a|z|k)?sh$/.test(word))) return undefined;
  return shellCommands(command, { ...env, ...stepEnv });
}

function useOfCommands(commands: readonly ShellCommand[], manager: ManagerName, state: ShellState): Use {
  let fetchedIn = -1;
  let lastPart = -1;
  let { folder, errexit } = state;
  for (const [at, command] of commands.entries()) {
    const use = useOfCommand(command, manager, folder);
    if (use === "reads" && command.part !== fetchedIn) return "reads";
    if (use === "refreshes" && !command.conditional) {
      // Where the rest runs after a failure too, it may use what was there before.
      const next = commands.slice(at).find(({ part }) => part > command.part);
      if (command.part !== lastPart && (next === undefined || (errexit && !next.conditional)))
        return "refreshes";
      fetchedIn = command.part;
    }
    lastPart = command.part;
    const [first, ...rest] = command.words;
    if (first?.text === "cd") folder = folderAfter(rest, folder);
    if (first?.text === "set")
      errexit ||= rest.some(({ text }) => /^-[a-z]*e/.test(text) || text === "errexit");
  }
  return "none";
}

function folderAfter(args: readonly ShellWord[], folder: string | undefined): string | undefined {
  const to = args.find(({ text }) => !text.startsWith("-")) ?? plainWord("/root");
  return to.open || to.text === "-" ? undefined : pathOf(to, folder);
}

function useOfCommand(
  { words, redirects }: ShellCommand,
  manager: ManagerName,
  folder: string | undefined,
): Use {
  const used = redirects.some(
    ({ op, file }) => (op === "<" && file.open) || nearnessOf(manager, file, folder) === "in",
  );
  if (used) return "reads";
  const program = programOf(words);
  if (program === undefined) return "none";
  return useOfProgram(program, manager, folder);
}

/** Programs that start the program that follows. */
const WRAPPERS: Readonly<Record<string, RegExp>> = {
  chroot: /^$/,
  command: /^$/,
  corepack: /^$/,
  env: /^-[uSC]$/,
  exec: /^-a$/,
  gosu: /^$/,
  ionice: /^-[cnp]$/,
  nice: /^-n$/,
  nohup: /^$/,
  setpriv: /^$/,
  "su-exec": /^$/,
  sudo: /^-[ughpCrt]$/,
  time: /^$/,
  timeout: /^-[ks]$/,
  xargs: /^-[nIPadLsE]$/,
};
/** Wrappers with one argument of their own before the program. */
const WITH_ARGUMENT = new Set(["chroot", "gosu", "su-exec", "timeout"]);

/** The words of the program that a command starts, behind variables and wrappers; undefined where it starts none. */
export function programOf(words: readonly ShellWord[]): readonly ShellWord[] | undefined {
  let rest = words;
  for (;;) {
    while (rest[0] !== undefined && /^\w+=/.test(rest[0].text)) rest = rest.slice(1);
    const [first] = rest;
    if (first === undefined) return undefined;
    const values = first.open ? undefined : WRAPPERS[baseOf(first.text)];
    if (values === undefined) return rest;
    if (first.text === "command" && /^-[vV]$/.test(rest[1]?.text ?? "")) return undefined;
    if (first.text === "corepack" && /^(enable|prepare|install|use|up)$/.test(rest[1]?.text ?? ""))
      return undefined;
    // One word that is several.
    if (baseOf(first.text) === "env" && rest.some(({ text }) => /^(-\w*S|--split-string)/.test(text)))
      return [{ text: "", open: true, glob: false }];
    let at = 1;
    while (rest[at]?.text.startsWith("-") === true) at += values.test(rest[at]!.text) ? 2 : 1;
    if (WITH_ARGUMENT.has(baseOf(first.text))) at++;
    rest = rest.slice(at);
  }
}

function baseOf(program: string): string {
  return program.slice(program.lastIndexOf("/") + 1);
}

const SHELLS = new Set(["sh", "bash", "dash", "ash", "zsh", "ksh", "su", "runuser"]);

function useOfProgram(words: readonly ShellWord[], manager: ManagerName, folder: string | undefined): Use {
  const [first, ...rest] = words;
  if (first === undefined || first.open || (first.glob === true && first.text !== "[")) return "reads";
  if (rest.length === 1 && /^(--?version|-[vV]|--help|-h|version)$/.test(rest[0]!.text)) return "none";
  const name = baseOf(first.text);
  if (SHELLS.has(name)) return useOfShell(rest, manager, folder);
  if (name === "trap") return useOfText(rest[0], manager, folder);
  if (/^python[\d.]*$/.test(name) && rest[0]?.text === "-m")
    return useOfProgram(rest.slice(1), manager, folder);
  if (name === "find") return useOfFind(rest, manager, folder);
  for (const [family, { programs, idle, harmless }] of Object.entries(FAMILIES)) {
    if (!programs.test(name)) continue;
    const line = words.map(({ text }) => text).join(" ");
    const verb = rest.find(({ text }) => !text.startsWith("-"))?.text ?? "";
    const isIdle = idle.test(verb) || idle.test(line);
    // Of apt, `package+` among those to remove is one to install.
    if (isIdle) return family === "apt" && /[\w.]\+(\s|$)/.test(line) ? "reads" : "none";
    if (SAME[manager] === family) return fetches(line, manager) ? "refreshes" : "reads";
    if (harmless === "always" || harmless?.test(line) === true) return "none";
    const runs = /^(run|test|exec)$/.test(verb);
    const installs = packageManagers.some((one) => SAME[one.name] === family && uses(line, one));
    return installs && !runs ? "none" : "reads";
  }
  const isOwnPath = first.text.includes("/") && !/^(\/usr(\/local)?)?\/s?bin\/[^/]+$/.test(first.text);
  if (!isKnownProgram(name) || isOwnPath || startsPrograms(name, rest)) return "reads";
  if (needsNothing(name, rest)) return "none";
  // Tar reads what it is given only when it makes an archive.
  const copies =
    (COPIERS.has(name) &&
      (name !== "tar" || rest.some(({ text }) => /^-?[a-zA-Z]*c|^--create$/.test(text)))) ||
    (name === "grep" && rest.some(({ text }) => /^-\w*[rR]/.test(text)));
  const used = rest.some((word, at) => {
    const nearness = nearnessOf(manager, word, folder);
    if (nearness === "in") return true;
    const isTarget = (name === "cp" || name === "mv") && at === rest.length - 1;
    const isUnknown = word.open || (folder === undefined && !/^[-/]/.test(word.text));
    return copies && !isTarget && (isUnknown || nearness === "holds");
  });
  return used ? "reads" : "none";
}

/** Options by which a fetch gets nothing, or only some lists. */
const FETCHES_LESS = /\s(--print-uris|--help|-h|-s|--simulate|--dry-run|--no-download)\b|Dir::|List-Cleanup/;

function fetches(line: string, manager: ManagerName): boolean {
  if (FETCHES_LESS.test(line)) return false;
  const own = packageManagers.find(({ name }) => name === manager);
  return own !== undefined && reloads(own) && own.fetches?.test(line) === true;
}

/** True for a program that runs a text or a script. */
function isShell(program: string): boolean {
  return SHELLS.has(program);
}

/** A shell with its commands as an argument; one with a script may do anything. */
function useOfShell(args: readonly ShellWord[], manager: ManagerName, folder: string | undefined): Use {
  const at = args.findIndex(({ text }) => /^-[a-z]*c$/.test(text));
  return at < 0 ? "reads" : useOfText(args[at + 1], manager, folder);
}

/** A word that a shell reads as commands. */
function useOfText(word: ShellWord | undefined, manager: ManagerName, folder: string | undefined): Use {
  if (word === undefined || word.open) return "reads";
  const commands = shellCommands(word.text);
  return commands === undefined ? "reads" : useOfCommands(commands, manager, { folder, errexit: false });
}

function useOfFind(args: readonly ShellWord[], manager: ManagerName, folder: string | undefined): Use {
  const at = args.findIndex(({ text }) => /^-(exec|ok)(dir)?$/.test(text));
  if (args.slice(0, at < 0 ? undefined : at).some((word) => nearnessOf(manager, word, folder) === "in"))
    return "reads";
  if (at < 0) return "none";
  const end = args.findIndex(({ text }, index) => index > at && (text === ";" || text === "+"));
  const inner = args.slice(at + 1, end < 0 ? undefined : end);
  const use = useOfProgram(programOf(inner) ?? [], manager, folder);
  return use === "reads" || end < 0 ? use : useOfFind(args.slice(end + 1), manager, folder);
}

/** Words that change what the rest of the shell's text does, or that end it. */
const CHANGES_SHELL = /^(\.|alias|eval|exec|return|shopt|source|trap|unalias)$/;
const SETS_VARIABLES = /^(export|read|readonly|local|declare|typeset|unset|getopts)$/;

/**
 * The place where a clean-up does the same in a process of its own as at the end of a command: the directory that the
 * command ends in. Undefined where the clean-up may depend on more that the command's shell was told.
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

/** Programs that read directories which are not among their arguments. */
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
