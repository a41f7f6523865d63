import { isUtf8 } from "node:buffer";
import { assertNever } from "../core/assert-never.js";
import { sha256Hex } from "../core/bytes.js";
import { baseName, isWithin } from "../core/posix-path.js";
import { PlanError } from "../errors/layerwright-error.js";
import type { Origin } from "../errors/origin.js";
import type { Mode } from "../image/mode.js";
import { type Owner, ownerText } from "../image/owner.js";

/** Files of a context: patterns are relative to the context directory; `context` names one beside the main context. */
export interface PlanContextSource {
  readonly from: "context";
  /** Name of a named context; the main build context when absent. Its directory is in `Plan.contexts`. */
  readonly context?: string;
  /** A cleaned relative path or pattern (`*`, `?`, `[..]`, `**`); `.` is the whole context. */
  readonly path: string;
  /** The files found on disk, once the plan is resolved. */
  readonly found?: FoundSource;
}

/** A file or directory that another stage made. */
export interface PlanStageSource {
  readonly from: "stage";
  readonly stage: string;
  /** Absolute, cleaned. */
  readonly path: string;
}

/** A source of a copy. */
export type PlanSource = PlanContextSource | PlanStageSource;

/** One match of a pattern. */
export interface FoundMatch {
  readonly path: string;
  readonly shape: "file" | "folder";
  /** The path without links on the way or at its end, where there are any. */
  readonly real?: string;
}

/** A short account of the files behind a context source, in JSON that stays small for large trees. */
export interface FoundSource {
  /** The kind of match without globs: one file, one directory; `many` for a glob. */
  readonly shape: "file" | "folder" | "many";
  readonly files: number;
  readonly folders: number;
  readonly symlinks: number;
  /** Sum of the files' sizes in bytes. */
  readonly bytes: number;
  /** Digest over paths, modes, link targets and contents is not taken; this one is over paths, types and sizes. */
  readonly listing: string;
  /**
   * Entries whose mode on disk is not the one that the direct build gives by default (0644, or 0755 for
   * executables and directories): a Dockerfile must spell those out. Paths relative to the source.
   */
  readonly irregular: readonly {
    readonly path: string;
    readonly type: "file" | "folder";
    readonly mode: number;
  }[];
  /** The matches of a pattern, relative to the context; absent where the path is none. */
  readonly matches?: readonly FoundMatch[];
  /** Paths of the context that are read beside the path itself: links on the way, and what they lead to. */
  readonly through?: readonly string[];
  /** True when two of the entries are names of one file. */
  readonly hardLinks?: boolean;
  /** A path of an entry whose name, or the target of which, is not UTF-8: BuildKit can be sent none. */
  readonly notText?: string;
  /** Relative paths of executables and of directories, only where a mode option must be spelled file by file. */
  readonly entries?: readonly {
    readonly path: string;
    readonly type: "file" | "folder" | "symlink";
    readonly mode: number;
    /** The target of a link. */
    readonly target?: string;
  }[];
}

interface Placed {
  readonly origin?: Origin;
}

/**
 * Copies files. `dest` is absolute and cleaned; `into` says that it is a directory to copy into (written with a
 * trailing slash, or there are several sources). A directory source always merges its contents into `dest`.
 * Without `owner`, files of a context belong to 0:0 and files of a stage keep their owner. Without `mode`,
 * files of a context get 0644, or 0755 when the owner may execute them, directories 0755; files of a stage keep theirs.
 */
export interface CopyOperation extends Placed {
  readonly op: "copy";
  readonly sources: readonly PlanSource[];
  readonly dest: string;
  readonly into: boolean;
  readonly owner?: Owner;
  readonly mode?: Mode;
  readonly exclude?: readonly string[];
  /** Bytes of the largest file of a context that may be copied, where it is not the usual limit. */
  readonly maxFileSize?: number;
  /** Takes the permission bits of a context as they are on disk, as the COPY of a base's trigger does. */
  readonly asOnDisk?: true;
  /** Set for `binary`: the one source must be an executable that can run in this image. */
  readonly executable?: boolean;
}

/** Contents from the description: `text` where they are UTF-8 without NUL, else `base64`. */
export interface PlanContents {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly text?: string;
  readonly base64?: string;
}

/** Writes one file. */
export interface WriteOperation extends Placed {
  readonly op: "write";
  readonly path: string;
  readonly contents: PlanContents;
  readonly mode: Mode;
  readonly owner?: Owner;
}

/** Makes a directory; `ifMissing` leaves one that exists as it is (the directory of a `workdir`). */
export interface MkdirOperation extends Placed {
  readonly op: "mkdir";
  readonly path: string;
  readonly mode: Mode;
  readonly owner?: Owner;
  readonly ifMissing?: boolean;
}

/** Makes a symbolic link. */
export interface SymlinkOperation extends Placed {
  readonly op: "symlink";
  readonly path: string;
  readonly target: string;
  readonly owner?: Owner;
}

/** Removes a file, or a directory with all in it; nothing when it does not exist. */
export interface RemoveOperation extends Placed {
  readonly op: "remove";
  readonly path: string;
}

/** Changes permission bits of what exists. */
export interface ChmodOperation extends Placed {
  readonly op: "chmod";
  readonly path: string;
  readonly mode: Mode;
  readonly recursive?: boolean;
}

/** Changes the owner of what exists. */
export interface ChownOperation extends Placed {
  readonly op: "chown";
  readonly path: string;
  readonly owner: Owner;
  readonly recursive?: boolean;
}

/** Fetches one file and verifies its sha256; without `mode` it gets 0600, as ADD gives it. */
export interface AddOperation extends Placed {
  readonly op: "add";
  readonly url: string;
  /** Of the description, or else of the lock. */
  readonly sha256?: string;
  readonly dest: string;
  readonly into: boolean;
  readonly mode?: Mode;
  readonly owner?: Owner;
}

/** A mount of a run operation. */
export type PlanMount =
  | {
      readonly type: "cache";
      readonly target: string;
      readonly id?: string;
      readonly sharing?: "shared" | "private" | "locked";
    }
  | {
      readonly type: "bind";
      readonly target: string;
      readonly source: PlanSource;
      readonly writable?: boolean;
    }
  | { readonly type: "tmpfs"; readonly target: string; readonly sizeBytes?: number }
  | {
      readonly type: "secret";
      readonly id: string;
      readonly target?: string;
      readonly env?: string;
      readonly required?: boolean;
    }
  | { readonly type: "ssh"; readonly id?: string };

/** A command and the clean-up that passes appended to it. */
export interface CleanedCommand {
  /** The package managers whose leftovers it removes. */
  readonly managers: readonly string[];
  /** The command before anything was appended. */
  readonly written: string;
  readonly cleanUp: string;
  /**
   * Set where the clean-up does the same in a process of its own, started in this directory (undefined: the command's).
   * The direct build then keeps it apart, so that the command has the same cache key with and without it.
   */
  readonly apart?: { readonly workdir?: string };
}

/** Runs a command with the whole state that it sees, so that order against config changes no longer matters. */
export interface RunOperation extends Placed {
  readonly op: "run";
  /** A string is run by `shell`; an array as it is. */
  readonly command: string | readonly string[];
  readonly shell: readonly string[];
  /** Variables that this image set before this step (not those of the base), in order of setting. */
  readonly env: Readonly<Record<string, string>>;
  /** Variables of this step alone. */
  readonly stepEnv?: Readonly<Record<string, string>>;
  /** Undefined: the base's own. */
  readonly workdir?: string;
  readonly user?: string;
  /** True when what a package manager leaves behind is meant to stay in the layer. */
  readonly keepLeftovers?: boolean;
  /** The clean-up that passes put at the end of `command`; no part of any id. */
  readonly cleaned?: CleanedCommand;
  readonly network?: "none" | "host" | "default";
  readonly mounts?: readonly PlanMount[];
  /** Seconds after which the direct build stops the command. */
  readonly timeout?: number;
}

/** Lets tools of the machine that builds change the root file system. */
export interface HostRunOperation extends Placed {
  readonly op: "hostRun";
  readonly command: readonly string[] | { readonly function: string };
  readonly env?: Readonly<Record<string, string>>;
  readonly key?: string;
  readonly tools?: readonly string[];
  /** The layer that it gave, where it ran: a plain tar in the store, for the Dockerfile to add. */
  readonly layer?: { readonly digest: string; readonly size: number };
}

/** An operation that needs nothing of the image to run. */
export type FileOperation =
  | AddOperation
  | ChmodOperation
  | ChownOperation
  | CopyOperation
  | MkdirOperation
  | RemoveOperation
  | SymlinkOperation
  | WriteOperation;

/** One thing a layer does. */
export type Operation = FileOperation | RunOperation | HostRunOperation;

/** A mode as chmod(1) takes it. */
export function modeText(mode: Mode): string {
  return "octal" in mode ? `0${mode.octal.toString(8).padStart(3, "0")}` : mode.symbolic;
}

/** A source in a few words. */
export function sourceText(source: PlanSource): string {
  if (source.from === "stage") return `${source.path} of another stage`;
  return source.context === undefined ? source.path : `${source.path} of ${source.context}`;
}

/** The command of a run on one line, shortened: it is for people, never for a shell. */
export function commandText(command: string | readonly string[], limit = 80): string {
  const text = typeof command === "string" ? command.trim().replace(/\s+/g, " ") : JSON.stringify(command);
  return text.length > limit ? `${text.slice(0, limit - 1)}…` : text;
}

/** An operation in a few words of the user's own terms: history, records and progress lines use them. */
export function describeOperation(operation: Operation): string {
  switch (operation.op) {
    case "copy": {
      const verb = operation.executable === true ? "binary" : "copy";
      const into = operation.into && operation.dest !== "/" ? "/" : "";
      return `${verb} ${operation.sources.map(sourceText).join(" ")} ${operation.dest}${into}`;
    }
    case "write":
    case "mkdir":
    case "remove":
      return `${operation.op} ${operation.path}`;
    case "symlink":
      return `symlink ${operation.path} -> ${operation.target}`;
    case "chmod":
      return `chmod ${modeText(operation.mode)} ${operation.path}`;
    case "chown":
      return `chown ${ownerText(operation.owner)} ${operation.path}`;
    case "add":
      return `add ${redactUrl(operation.url)} ${operation.dest}`;
    case "hostRun":
      return `hostRun ${"function" in operation.command ? "a function" : commandText(operation.command)}`;
    case "run":
      return `run ${commandText(operation.command)}`;
    default:
      return assertNever(operation);
  }
}

/** An URL without user, password, query and fragment, any of which may be a secret. */
export function redactUrl(url: string): string {
  return url.replace(/^([a-z]+:\/\/)[^/@]*@/i, "$1").replace(/[?#].*$/s, "");
}

/** The error for a file that neither the description nor the lock knows the sha256 of. */
export function notLocked({ url, origin }: AddOperation): PlanError {
  const shown = redactUrl(url);
  return new PlanError("ADD_NOT_LOCKED", { url: shown }, { subject: shown, origin });
}

/** The name that a download has, where its destination is a directory. */
export function downloadName(url: string): string {
  const { pathname } = new URL(url);
  return decodeURIComponent(pathname.slice(pathname.lastIndexOf("/") + 1)).replaceAll("/", "_") || "download";
}

/**
 * True when a file is copied under the name that it has. Only then a destination without a slash says that the file
 * itself is meant, whatever a base that nobody looked into has there: under another name it may be a directory to copy
 * into.
 */
export function keepsName(operation: AddOperation | CopyOperation): boolean {
  const name = baseName(operation.dest);
  if (operation.op === "add") return downloadName(operation.url) === name;
  return operation.sources.every(({ path }) => baseName(`/${path}`) === name);
}

/**
 * True when an operation makes a missing directory just as the `mkdir` of a `workdir` would, root's with mode 0755:
 * it writes into the directory, and has no owner or mode of its own that a builder would give the directory as well.
 */
export function impliesDirectory(operation: Operation, directory: MkdirOperation): boolean {
  if (directory.ifMissing !== true || directory.owner !== undefined || !isPlain(directory.mode)) return false;
  switch (operation.op) {
    case "copy": {
      if (operation.owner !== undefined || !(operation.mode === undefined || isPlain(operation.mode)))
        return false;
      if (!isWithin(operation.dest, directory.path)) return false;
      // A directory of another stage that is copied to a new place keeps its own mode and owner there.
      return (
        operation.dest !== directory.path ||
        operation.sources.every((source) => source.from === "context" && !source.found?.irregular.length)
      );
    }
    case "write":
      return (
        operation.owner === undefined && isPlain(operation.mode, 0o644) && isBelow(operation.path, directory)
      );
    case "mkdir":
      return operation.owner === undefined && isPlain(operation.mode) && isBelow(operation.path, directory);
    default:
      return false;
  }
}

function isBelow(path: string, directory: MkdirOperation): boolean {
  return path !== directory.path && isWithin(path, directory.path);
}

function isPlain(mode: MkdirOperation["mode"], also = 0o755): boolean {
  return "octal" in mode && (mode.octal === 0o755 || mode.octal === also);
}

/** Contents of a description as plan data: text stays readable, all else is base64. */
export function planContents(contents: string | Uint8Array): PlanContents {
  const bytes = typeof contents === "string" ? Buffer.from(contents, "utf8") : Buffer.from(contents);
  const text = isUtf8(bytes) && !bytes.includes(0);
  return {
    digest: `sha256:${sha256Hex(bytes)}`,
    size: bytes.length,
    ...(text ? { text: bytes.toString("utf8") } : { base64: bytes.toString("base64") }),
  };
}

/** The bytes of plan contents. */
export function contentsBytes(contents: PlanContents): Buffer {
  return contents.text === undefined
    ? Buffer.from(contents.base64 ?? "", "base64")
    : Buffer.from(contents.text, "utf8");
}
