import type { MessageArea } from "../message.js";

/** Damaged or unusable archives, layers and image documents. */
export const archiveMessages = {
  TAR_DAMAGED: (p: { archive: string; reason: string; offset: number }) => ({
    message: `the tar ${p.archive} is damaged at byte ${p.offset}: ${p.reason}`,
    hint: "make the archive again, or fetch it again if it was copied",
  }),
  TAR_PATH_UNSAFE: (p: { archive: string; path: string; reason: string; offset: number }) => ({
    message: `the tar ${p.archive} holds the entry ${JSON.stringify(p.path)} at byte ${p.offset}, which ${p.reason}`,
    hint: "make the archive from inside the folder it describes, and do not use an archive that you do not trust",
  }),
  SPARSE_UNSUPPORTED: (p: { archive: string; path: string; offset: number }) => ({
    message: `the tar ${p.archive} stores ${JSON.stringify(p.path)} at byte ${p.offset} as a sparse file, which is not supported`,
    hint: "make the archive again without --sparse",
  }),
  PATH_TOO_LONG: (p: { path: string; reason: string }) => ({
    message: `the path ${JSON.stringify(p.path.length > 200 ? `${p.path.slice(0, 200)}...` : p.path)} cannot be in a layer: ${p.reason}`,
    hint: "shorten the path: Linux allows 255 bytes a name and 4096 bytes a path, and layers hold at most 1024 folders one in another",
  }),
  ENTRY_UNWRITABLE: (p: { path: string; reason: string }) => ({
    message: `${JSON.stringify(p.path)} cannot be written into a layer: ${p.reason}`,
    hint: "change the file or leave it out of the image",
  }),
  FILE_CHANGED: (p: { path: string; reason: string }) => ({
    message: `the file ${p.path} changed while the layer was written: ${p.reason}`,
    hint: "stop what writes to it (a watcher, a build), then build again",
  }),
  FILE_UNREADABLE: (p: { path: string; reason: string }) => ({
    message: `the file ${p.path} cannot be read: ${p.reason}`,
    hint: "check that it exists and that you may read it, or leave it out with .dockerignore",
  }),
  COMPRESSION_UNKNOWN: (p: { value: string }) => ({
    message: `the compression ${JSON.stringify(p.value)} is not known`,
    hint: 'use "gzip", "gzip:1" to "gzip:9", "zstd", "zstd:1" to "zstd:19", or "none"',
  }),
  COMPRESSION_DAMAGED: (p: { archive: string; kind: string; reason: string }) => ({
    message: `the ${p.kind} data of ${p.archive} is damaged: ${p.reason}`,
    hint: "make the archive again, or fetch it again if it was copied",
  }),
  COMPRESSION_UNSUPPORTED: (p: { archive: string; kind: string; reason: string }) => ({
    message: `the ${p.kind} data of ${p.archive} cannot be read: ${p.reason}`,
    hint: "compress it again with default settings",
  }),
  DECOMPRESSED_TOO_LARGE: (p: { archive: string; reason: string }) => ({
    message: `${p.archive} unpacks to more than is allowed: ${p.reason}`,
    hint: "do not use an archive that you do not trust; a layer this large has to be split",
  }),
} satisfies MessageArea;
