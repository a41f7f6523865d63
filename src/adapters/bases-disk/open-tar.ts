import { closeSync, realpathSync, statSync } from "node:fs";
import { EnvironmentError, PlanError } from "../../errors/layerwright-error.js";
import type { BlobStore, ScratchFile } from "../../ports/blob-store.js";
import { NotAFile, openRegular, readRange, streamRange, unreadable } from "./host-range.js";
import { MAGIC_LENGTH, magicOf } from "./sniff.js";
import { writeScratch } from "./write-scratch.js";

/** Undoes gzip or zstd, told by the first bytes; throws coded errors for damage and bombs. */
export type Decompress = (bytes: AsyncIterable<Uint8Array>, archive: string) => AsyncIterable<Uint8Array>;

/** What opening bases needs from others. */
export interface BaseTools {
  readonly store: BlobStore;
  readonly decompress: Decompress;
}

/** A plain tar on disk: the user's own file, or a scratch file where that was compressed. */
export interface PlainFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Removes the scratch file, if there is one. */
  close(): Promise<void>;
}

/** What is at the path of a base. Follows a symbolic link of the user's. */
export function kindOfPath(path: string): "folder" | "file" {
  let stat: ReturnType<typeof statSync>;
  try {
    stat = statSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw new EnvironmentError("BASE_NOT_FOUND", { path }, { subject: path, cause: error });
    }
    throw unreadable(path, error);
  }
  if (stat.isDirectory()) return "folder";
  if (stat.isFile()) return "file";
  throw unreadable(path, "it is neither a file nor a folder");
}

/** Makes a tar readable at any offset: unpacks it into a scratch file when it is compressed. */
export async function openTar(path: string, tools: BaseTools): Promise<PlainFile> {
  // The user may have named it by a link; what it is then must not become another file meanwhile.
  const real = realpathSync(path);
  const opened = openRegular(real);
  if (opened === undefined) throw new EnvironmentError("BASE_NOT_FOUND", { path }, { subject: path });
  if (opened instanceof NotAFile) throw unreadable(path, `it ${opened.reason}`);
  const { fd, size } = opened;
  closeSync(fd);
  const range = { path: real, offset: 0, size };
  const magic = magicOf(readRange({ ...range, size: Math.min(MAGIC_LENGTH, size) }));
  if (magic === "none") return { path: real, size, close: async () => {} };
  if (magic !== "gzip" && magic !== "zstd") {
    const reason = `it is compressed with ${magic}; gzip and zstd can be read`;
    throw new PlanError("BASE_UNSUPPORTED", { path, reason }, { subject: path });
  }
  const scratch: ScratchFile = await tools.store.scratchFile();
  try {
    const written = await writeScratch(scratch.path, tools.decompress(streamRange(range), path));
    return { path: scratch.path, size: written, close: () => scratch.dispose() };
  } catch (error) {
    await scratch.dispose();
    throw error;
  }
}
