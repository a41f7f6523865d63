import { baseName, resolvePath } from "../../core/posix-path.js";
import { originText } from "../../errors/origin.js";
import { commandText, type Operation, type RunOperation } from "../operation.js";
import type { Layer, Stage } from "../plan.js";
import { isKnownProgram } from "./known-programs.js";
import { commandsOf, programOf } from "./later-use.js";
import { packageManagers, placesOf, uses } from "./leftovers.js";
import type { Pass, PassLog } from "./pass.js";
import type { ShellCommand, ShellWord } from "./shell-commands.js";

/**
 * Joins a command with the layer before it where it removes what a command of that layer left: in a layer of its own
 * the removal would only hide it. Not where another image shares the layer before, where a mount, user or shell
 * differs, or where the second might write through a hard link that the first made. Other neighbours stay apart, since
 * each is a cache entry.
 */
export const joinRuns: Pass = {
  name: "join-runs",
  apply: (plan, log) => ({ ...plan, stages: plan.stages.map((stage) => joinInStage(stage, log)) }),
};

function joinInStage(stage: Stage, log: PassLog): Stage {
  const layers: Layer[] = [];
  const shared = log.catalog.layersOf(stage);
  for (const [at, layer] of stage.layers.entries()) {
    const before = layers.at(-1);
    const run = onlyRun(layer);
    const earlier = before?.operations.every(isRun) === true ? (before.operations as RunOperation[]) : [];
    if (before === undefined || run === undefined || shared[at]?.ships !== true || stage.squash === "all") {
      layers.push(layer);
      continue;
    }
    const trace = traceOf(run);
    const source = trace && earlier.find((one) => leavesFor(one, trace));
    const reason =
      source === undefined
        ? undefined
        : reasonAgainst(earlier, run, trace!, log.catalog.mayMerge(stage, at - 1, at));
    if (source === undefined || reason !== undefined) {
      // Of a clean-up that a pass appended, that pass has said what there is to say.
      const own = asWritten(run);
      const ownTrace = traceOf(own);
      if (source !== undefined && reason !== undefined) {
        if (ownTrace && leavesFor(source, ownTrace)) warnHidden(own, source, reason, log);
      } else if (ownTrace?.removesUnknown === true) warnUnknown(own, log);
      layers.push(layer);
      continue;
    }
    layers[layers.length - 1] = { ...before, operations: [...before.operations, run] };
    log.record({
      before: `run ${commandText(run.command)} in a layer of its own`,
      after: `in the layer of run ${commandText(source.command, 40)}, so that what it removes is not kept`,
      reruns: earlier.length,
      ...(run.origin === undefined ? {} : { origin: run.origin, by: run.origin }),
    });
  }
  return layers.length === stage.layers.length ? stage : { ...stage, layers };
}

/** A command without the clean-up that a pass appended to it. */
function asWritten({ cleaned, ...run }: RunOperation): RunOperation {
  return cleaned === undefined ? run : { ...run, command: cleaned.written };
}

function onlyRun({ operations, name }: Layer): RunOperation | undefined {
  const [run] = operations;
  return operations.length === 1 && name === undefined && isRun(run) ? run : undefined;
}

function isRun(operation: Operation | undefined): operation is RunOperation {
  return operation?.op === "run";
}

function leavesFor(earlier: RunOperation, removal: CommandTrace): boolean {
  const trace = traceOf(earlier);
  return trace !== undefined && frees(removal, trace);
}

/** The reason why a removal has to stay in a layer of its own. */
function reasonAgainst(
  earlier: readonly RunOperation[],
  run: RunOperation,
  trace: CommandTrace,
  mayMerge: boolean,
): string | undefined {
  if (!mayMerge) return "other images share that layer";
  if (!earlier.every((one) => canShareLayer(one, run))) return "user, shell, network or mounts differ";
  const mayLink = earlier.some((one) => traceOf(one)?.mayLink !== false);
  if (mayLink && trace.mayWriteThrough) return "it also changes files, which may be hard links";
  return undefined;
}

/** True when one RUN instruction can hold both: its user, shell, network and mounts cannot vary inside. */
function canShareLayer(first: RunOperation, second: RunOperation): boolean {
  return (
    typeof first.command === "string" &&
    typeof second.command === "string" &&
    first.user === second.user &&
    first.shell.join("\0") === second.shell.join("\0") &&
    (first.network ?? "default") === (second.network ?? "default") &&
    (first.mounts ?? []).length === 0 &&
    (second.mounts ?? []).length === 0
  );
}

function warnHidden(run: RunOperation, source: RunOperation, reason: string, log: PassLog): void {
  const place = source.origin === undefined ? "" : ` (${originText(source.origin)})`;
  log.warn({
    code: "REMOVE_FREES_NOTHING",
    message: `run ${commandText(run.command, 40)} hides what run ${commandText(source.command, 40)}${place} left and frees nothing, since ${reason}: write the removal at the end of that step`,
    ...(run.origin === undefined ? {} : { origin: run.origin }),
  });
}

function warnUnknown(run: RunOperation, log: PassLog): void {
  log.warn({
    code: "REMOVE_FREES_NOTHING",
    message: `run ${commandText(run.command, 40)} removes paths that its text does not name, which frees nothing of a lower layer: write the removal at the end of the step that made them`,
    ...(run.origin === undefined ? {} : { origin: run.origin }),
  });
}

/** Something that a command wrote and did not remove again. */
interface Left {
  /** A path, or the name of a package. */
  readonly path: string;
  /** True for a directory with contents that the text does not name. */
  readonly tree: boolean;
}

/** Something that a command removed. */
interface Removed {
  /** A path or pattern, or the name of a package. */
  readonly pattern: string;
  /** True when the command itself made it. */
  readonly own: boolean;
}

/** The paths that a command creates and removes, as far as its text says. */
interface CommandTrace {
  readonly left: readonly Left[];
  readonly removed: readonly Removed[];
  /** True when it removes something that only the shell knows, and did not make it itself. */
  readonly removesUnknown: boolean;
  /** True unless it surely makes no hard links. */
  readonly mayLink: boolean;
  /** True unless it surely changes no file but by putting another in its place. */
  readonly mayWriteThrough: boolean;
}

/** Follows the text of a command. Undefined where it is not understood. */
function traceOf(run: RunOperation): CommandTrace | undefined {
  const commands = commandsOf(run);
  if (commands === undefined) return undefined;
  const tracer = new Tracer(run.workdir);
  for (const command of commands) tracer.follow(command);
  return tracer;
}

/** True when a removal takes something away that an earlier command left. */
function frees({ removed }: CommandTrace, { left }: CommandTrace): boolean {
  return removed.some(({ pattern, own }) => left.some((one) => takes(pattern, one, own)));
}

/** Directories that everybody writes to: what is in one of them is no sign of who made it. */
const SHARED =
  /^\/(bin|dev|etc|home|lib\w*|media|mnt|opt|root|run|sbin|srv|tmp|usr(\/local)?(\/(bin|etc|include|lib\w*|libexec|sbin|share|src))?|var(\/(cache|lib|log|run|spool|tmp))?)?$/;

/** True when what is removed is a path, holds it, or is in it. */
function takes(pattern: string, { path, tree }: Left, own: boolean): boolean {
  if (!path.startsWith("/") || !pattern.startsWith("/")) return pattern === path;
  const parts = pattern.split("/").slice(1);
  const names = path.split("/").slice(1);
  if (!parts.every((part, at) => at >= names.length || partRegExp(part).test(names[at]!))) return false;
  if (parts.length <= names.length) return true;
  const isWhole = parts.length === names.length + 1 && parts.at(-1) === "*";
  return tree && (isWhole || !(own || SHARED.test(path)));
}

function partRegExp(part: string): RegExp {
  const source = part
    .replace(/[.+^${}()|\\]/g, "\\$&")
    .replace(/\*+/g, "[^/]*")
    .replace(/\?/g, "[^/]");
  try {
    return new RegExp(`^${source}$`);
  } catch {
    return /^$/;
  }
}

const REMOVERS = new Set(["rm", "rmdir", "unlink", "truncate"]);
/** Programs that put other files in the place of those that are there, or change none. */
const REPLACERS =
  /^(\[|:|addgroup|adduser|cd|cut|date|dirname|dpkg|echo|exit|export|false|find|getent|git|grep|group(add|del|mod)|id|ldconfig|ln|local|ls|mkdir|mktemp|mv|printf|pwd|read|readlink|realpath|rm|rmdir|set|sed|shift|sleep|test|trap|true|umask|uname|unlink|unset|user(add|del|mod)|which)$/;
const VERB = /\b(purge|remove|autoremove|auto-remove|del|erase|uninstall)\b/;

class Tracer implements CommandTrace {
  readonly #left = new Map<string, boolean>();
  readonly removed: Removed[] = [];
  readonly #named = new Set<string>();
  removesUnknown = false;
  mayLink = false;
  mayWriteThrough = false;
  #folder: string | undefined;

  constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  get left(): readonly Left[] {
    return Array.from(this.#left, ([path, tree]) => ({ path, tree }));
  }

  follow({ words, redirects }: ShellCommand): void {
    for (const { text } of words) {
      const name = /^(\w+)=/.exec(text)?.[1];
      if (name !== undefined) this.#named.add(name);
    }
    for (const { op, file } of redirects) {
      if (op === "<" || file.text.startsWith("/dev/")) continue;
      this.#leave(file);
      this.mayWriteThrough = true;
    }
    const program = programOf(words);
    if (program === undefined) return;
    const [first, ...args] = program;
    const name = first!.open ? "" : baseName(`/${first!.text}`);
    if (name === "cd") this.#folder = args[0] === undefined ? undefined : this.#path(args[0]);
    else if (REMOVERS.has(name)) for (const word of plain(args)) this.#remove(word);
    else if (name === "find") this.#find(args);
    else if (!this.#manager(program)) this.#other(name, args);
  }

  /** A command of a package manager. */
  #manager(program: readonly ShellWord[]): boolean {
    const line = program.map(({ text }) => text).join(" ");
    const manager = packageManagers.find((one) => uses(line, one) || one.cleans.test(line));
    const removes = /^(\S*\/)?(apt|apt-get|aptitude|apk|dnf|microdnf|yum|zypper|pip3?|npm|pnpm|yarn)\s/.test(
      line,
    );
    if (manager === undefined && !removes) return false;
    const packages = plain(program.slice(1)).map(({ text }) => text.replace(/[=:<>~].*$/, ""));
    if (manager?.cleans.test(line) === true)
      for (const root of placesOf(manager.name).roots) this.#take(root);
    else if (/^(\S*\/)?apt(-get)?\s+(-\S+\s+)*(auto)?clean\b/.test(line))
      this.#take("/var/cache/apt/archives");
    else if (/^(\S*\/)?p?npm\s+(-\S+\s+)*prune\b/.test(line)) this.#inFolder("node_modules");
    else if (VERB.test(line)) for (const name of packages.slice(1)) this.#take(name);
    else if (manager !== undefined) {
      for (const name of packages.slice(1)) if (!name.startsWith("/")) this.#left.set(name, false);
      for (const root of placesOf(manager.name).roots) this.#left.set(root, true);
      const isNode = /^(npm|pnpm|yarn)$/.test(manager.name);
      this.#leaveText(isNode ? "node_modules" : ".", true);
      this.mayLink = true;
    }
    return true;
  }

  #inFolder(name: string): void {
    if (this.#folder !== undefined) this.#take(resolvePath(this.#folder, name));
  }

  #other(name: string, args: readonly ShellWord[]): void {
    const options = args.map(({ text }) => text);
    if (!REPLACERS.test(name)) this.mayWriteThrough = true;
    const links =
      (name === "ln" && !options.some((word) => /^-\w*s|^--symbolic$/.test(word))) ||
      (name === "cp" && options.some((word) => /^-\w*l|^--link$/.test(word))) ||
      ["tar", "git", "rsync", "unzip", "cpio"].includes(name) ||
      !isKnownProgram(name);
    if (links) this.mayLink = true;
    switch (name) {
      case "tee":
        for (const word of plain(args)) this.#leave(word);
        return;
      case "mv":
        for (const word of plain(args).slice(0, -1)) this.#remove(word);
        this.#copy(plain(args), true);
        return;
      case "cp":
      case "install":
      case "rsync":
        this.#copy(
          plain(args),
          options.some((word) => /^-\w*[raR]/.test(word)),
        );
        return;
      case "curl":
      case "wget":
        this.#download(name, args);
        return;
      case "git":
        if (options.includes("clone")) this.#clone(plain(args).slice(1));
        return;
      case "dd":
        this.#leaveText(options.find((word) => word.startsWith("of="))?.slice(3));
        return;
      case "tar":
      case "unzip": {
        const at = options.findIndex((word) => /^(-\w*C|--directory|-d)$/.test(word));
        if (at >= 0) this.#leave(args[at + 1], true);
        else this.#leaveText(".", true);
        return;
      }
    }
    if (isKnownProgram(name)) return;
    // A program that is not known writes where it runs, and where it is told to.
    this.#leaveText(".", true);
    for (const { text, open } of args) {
      const path = /^(?:[\w-]+=)?(\/.+)$/.exec(text)?.[1];
      if (path !== undefined && !open) this.#leaveText(path, true);
    }
  }

  /** A copy to a path that may be a directory: then the copy is in it. */
  #copy(paths: readonly ShellWord[], tree: boolean): void {
    const dest = paths.at(-1);
    if (dest === undefined || paths.length < 2) return;
    if (paths.length === 2 && !dest.text.endsWith("/")) this.#leave(dest);
    for (const source of paths.slice(0, -1)) {
      if (source.open || source.glob) continue;
      this.#leave({ ...dest, text: `${dest.text}/${baseName(source.text.replace(/\/$/, ""))}` }, tree);
    }
  }

  #download(name: "curl" | "wget", args: readonly ShellWord[]): void {
    const options = args.map(({ text }) => text);
    const long = name === "curl" ? /^--output(=|$)/ : /^--output-document(=|$)/;
    const short = name === "curl" ? /^-\w*o$/ : /^-\w*O$/;
    const at = options.findIndex((word) => short.test(word) || long.test(word));
    if (at >= 0) {
      const own = /=(.+)$/.exec(options[at]!)?.[1];
      if (own === undefined) this.#leave(args[at + 1]);
      else this.#leaveText(own);
      return;
    }
    if (name === "curl" && !options.some((word) => /^-\w*O|^--remote-name/.test(word))) return;
    const url = options.find((word) => /^\w+:\/\//.test(word));
    if (url !== undefined) this.#leaveText(baseName(url.replace(/[?#].*$/, "")));
  }

  #clone([url, folder]: readonly ShellWord[]): void {
    if (folder !== undefined) this.#leave(folder);
    else if (url !== undefined) this.#leaveText(baseName(url.text).replace(/\.git$/, ""));
  }

  /** A search that deletes: of what it finds only the directories where it looks are known. */
  #find(args: readonly ShellWord[]): void {
    const deletes = args.some(({ text }) => text === "-delete" || text === "rm");
    if (!deletes) {
      if (args.some(({ text }) => /^-(exec|ok)(dir)?$/.test(text))) this.mayWriteThrough = true;
      return;
    }
    const end = args.findIndex(({ text }) => /^[-(!]/.test(text));
    const narrow = args.some(({ text }) => /^-i?(name|path|regex)$/.test(text));
    for (const word of args.slice(0, end < 0 ? undefined : end)) {
      const path = this.#path(word);
      if (path === undefined || narrow || path === "/") this.removesUnknown = true;
      else this.#take(path);
    }
  }

  #leave(word: ShellWord | undefined, tree = false): void {
    const path = word && this.#path(word);
    if (path !== undefined && path !== "/") this.#left.set(path, tree);
  }

  #leaveText(text: string | undefined, tree = false): void {
    if (text !== undefined) this.#leave({ text, open: false, glob: false }, tree);
  }

  #remove(word: ShellWord): void {
    const path = this.#path(word);
    // A variable that the command set itself names what it made itself.
    const isOwn = word.unknown?.every((name) => this.#named.has(name)) ?? false;
    if (path !== undefined) this.#take(path);
    else if (word.open && !isOwn) this.removesUnknown = true;
  }

  #take(pattern: string): void {
    const own = this.left.filter((one) => takes(pattern, one, false));
    this.removed.push({ pattern, own: own.length > 0 });
    const depth = pattern.replace(/\/\*$/, "").split("/").length;
    for (const { path } of own) {
      if (!path.startsWith("/") || path.split("/").length >= depth) this.#left.delete(path);
    }
  }

  #path({ text, open }: ShellWord): string | undefined {
    const path = text.replace(/^~(?=\/|$)/, "/root");
    if (open || path === "") return undefined;
    if (path.startsWith("/")) return resolvePath("/", path);
    return this.#folder === undefined ? undefined : resolvePath(this.#folder, path);
  }
}

function plain(words: readonly ShellWord[]): readonly ShellWord[] {
  return words.filter(({ text }) => !text.startsWith("-"));
}
