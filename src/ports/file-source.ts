/** The facts that `lstat` gave of a file, for cache keys and for the check when the file is read. */
export interface HostStamp {
  readonly ino: number;
  readonly dev: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/**
 * A file of the host as it was listed. It has the form of a content of the tar writer, so that nobody has to copy it.
 */
export interface HostFile {
  readonly kind: "file";
  /** Absolute, for messages. */
  readonly path: string | Buffer;
  /** Opens the file as it was reached: below the directory of the context, through no link. */
  open(flags: number): number;
  readonly guard: HostStamp;
}

/** One file, directory or link of a context, as `lstat` saw it. */
export interface SourceEntry {
  /**
   * Path relative to the source (`""` for the source itself), `/` between components; odd bytes as in core/bytes.ts.
   */
  readonly path: string;
  /** The last component of the path. */
  readonly name: string;
  /** The entry of the directory that it is in; undefined at the top. */
  readonly parent: SourceEntry | undefined;
  readonly type: "file" | "folder" | "symlink";
  /** Permission bits on disk. */
  readonly mode: number;
  /** Bytes; 0 for all but files. */
  readonly size: number;
  /** Target text of a link. */
  readonly target?: string | undefined;
  /** True when the file has several names (hard links), of which some may be elsewhere. */
  readonly linked?: boolean;
  /** The file on the host. */
  readonly host: HostFile;
  /** `security.capability`, where the file has one and it can be read. */
  readonly xattrs?: Readonly<Record<string, Uint8Array>>;
}

/** The matches of a source pattern: a root a match, in byte order of their names. */
export interface SourceMatch {
  /** The matched path relative to the context, `.` for the context itself. */
  readonly path: string;
  readonly shape: "file" | "folder";
  /** Permission bits on disk of a directory that matched; the entries say those of all else. */
  readonly mode?: number;
  /** The entries below (and for a file the file itself), parents first, in byte order. */
  readonly entries: readonly SourceEntry[];
  /** The links that lead to the match: the path of each, and at last of the match itself. */
  readonly through?: readonly string[];
}

/** Lists files of a context directory. Ignored files (the directory's `.dockerignore`) are as if they did not exist. */
export interface FileSource {
  /**
   * @param context name of a named context, or undefined for the main one
   * @param pattern relative path or glob
   * @param exclude patterns in `.dockerignore` grammar, relative to each directory that matches; a file that matches is
   *   judged by its name. May leave nothing
   */
  list(context: string | undefined, pattern: string, exclude: readonly string[]): readonly SourceMatch[];
}

/** Fetches one file by URL. */
export interface Downloader {
  /**
   * The bytes in order, no faster than they are taken. The caller verifies them. Errors are coded and never name
   * credentials.
   */
  fetch(url: string, signal?: AbortSignal): AsyncIterable<Uint8Array>;
}
