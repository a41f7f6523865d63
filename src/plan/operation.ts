import type { Origin } from "../errors/origin.js";
import type { Mode } from "../image/mode.js";
import type { Owner } from "../image/owner.js";

/** Files of a context: patterns are relative to the context folder; `context` names one beside the main context. */
export interface PlanContextSource {
  readonly from: "context";
  /** Name of a named context; the main build context when absent. Its folder is in `Plan.contexts`. */
  readonly context?: string;
  /** A cleaned relative path or pattern (`*`, `?`, `[..]`, `**`); `.` is the whole context. */
  readonly path: string;
  /** What was found on disk, where the plan was resolved. */
  readonly found?: FoundSource;
}

/** A file or folder that another stage made. */
export interface PlanStageSource {
  readonly from: "stage";
  readonly stage: string;
  /** Absolute, cleaned. */
  readonly path: string;
}

/** What a copy copies. */
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
  /** What the pattern is without globs: one file, one folder; `many` for a glob. */
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
   * executables and folders): a Dockerfile must spell those out. Paths relative to the source.
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
  /** Relative paths of executables and of folders, only where a mode option must be spelled file by file. */
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
 * Copies files. `dest` is absolute and cleaned; `into` says that it is a folder to copy into (written with a
 * trailing slash, or there are several sources). A folder source always merges its contents into `dest`.
 * Without `owner`, files of a context belong to 0:0 and files of a stage keep their owner. Without `mode`,
 * files of a context get 0644, or 0755 when the owner may execute them, folders 0755; files of a stage keep theirs.
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

/** Makes a folder; `ifMissing` leaves one that exists as it is (the folder of a `workdir`). */
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

/** Removes a file, or a folder with all in it; nothing when it does not exist. */
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
