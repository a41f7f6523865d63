/** What kind of thing an entry of a layer is. */
export type TarEntryType =
  | "file"
  | "folder"
  | "symlink"
  | "hardlink"
  | "character-device"
  | "block-device"
  | "fifo";

/**
 * One entry of a tar as layers use it: no host names, no leading `./` or `/`, no trailing `/`.
 */
export interface TarEntry {
  readonly type: TarEntryType;
  /** Path inside the image without a leading slash. Non-UTF-8 bytes survive as lone surrogates (see core/bytes.ts). */
  readonly path: string;
  /** Permission bits with setuid, setgid and sticky: 0 to 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes of content; 0 for all but files. */
  readonly size: number;
  /** Whole seconds since the epoch. */
  readonly mtime: number;
  /** Target of a symlink (any text), or the path of the first name of a hard link (as `path`). */
  readonly linkname?: string | undefined;
  readonly devmajor?: number | undefined;
  readonly devminor?: number | undefined;
  /** Extended attributes by name; written as PAX `SCHILY.xattr.*`. */
  readonly xattrs?: Readonly<Record<string, Uint8Array>> | undefined;
}
