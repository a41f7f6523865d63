import type { MessageArea } from "../message.js";

/** The store of blobs and records in the user's cache folder. */
export const storeMessages = {
  STORE_UNSAFE: (p: { folder: string; reason: string }) => ({
    message: `the store ${p.folder} cannot be trusted: ${p.reason}`,
    hint: "remove the folder, or name another one with LAYERWRIGHT_CACHE, that only you can write to",
  }),
  STORE_UNWRITABLE: (p: { path: string; reason: string }) => ({
    message: `the store cannot be written at ${p.path}: ${p.reason}`,
    hint: "name a folder that you can write to with LAYERWRIGHT_CACHE",
  }),
  STORE_FAILED: (p: { path: string; action: string; reason: string }) => ({
    message: `the store could not ${p.action} ${p.path}: ${p.reason}`,
    hint: "check the disk that the store is on, or name a folder on another one with LAYERWRIGHT_CACHE",
  }),
  DISK_FULL: (p: { path: string }) => ({
    message: `no space is left on the disk of ${p.path}`,
    hint: "free space there (layerwright's own store can be pruned), then run it again: nothing half-written is left behind",
  }),
  OPEN_FILES_LIMIT: (p: { limit: string }) => ({
    message: `more files are open than this process may have: ${p.limit}`,
    hint: "raise the limit (`ulimit -n 1024`), or end what else has files open",
  }),
  SYSTEM_REFUSED: (p: { call: string; path: string; reason: string }) => ({
    message: `the system refused to ${p.call}${p.path === "" ? "" : ` ${p.path}`}: ${p.reason}`,
    hint: "check that the path is there, that you may use it, and that its disk works",
  }),
  BLOB_DAMAGED: (p: { digest: string; reason: string }) => ({
    message: `the stored blob ${p.digest} is damaged and was dropped: ${p.reason}`,
    hint: "run it again, which makes or fetches the blob again; if it comes back, check the disk",
  }),
  BLOB_MISSING: (p: { digest: string }) => ({
    message: `the blob ${p.digest} is not in the store`,
    hint: "run it again, which makes or fetches the blob again",
  }),
  DIGEST_INVALID: (p: { value: string }) => ({
    message: `${JSON.stringify(p.value.slice(0, 100))} is not a digest`,
    hint: 'a digest is "sha256:" and 64 characters out of 0-9 and a-f',
  }),
} satisfies MessageArea;
