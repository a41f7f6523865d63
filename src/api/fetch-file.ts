import { createHash } from "node:crypto";
import type { LockedFile } from "../lock/lock.js";
import { redactUrl } from "../plan/describe.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { Downloader } from "../ports/downloader.js";
import type { Progress } from "../ports/progress.js";

/** Fetches a file whose sha256 nobody knows yet. It goes into the store, so that the build need not fetch it again. */
export async function fetchFile(
  url: string,
  downloads: Downloader,
  store: BlobStore,
  options: { readonly progress?: Progress | undefined; readonly signal?: AbortSignal | undefined },
): Promise<LockedFile> {
  const { progress, signal } = options;
  const label = redactUrl(url);
  progress?.report({ kind: "start", id: url, label });
  const hash = createHash("sha256");
  let size = 0;
  const writer = await store.writer();
  try {
    for await (const chunk of downloads.fetch(url, signal)) {
      signal?.throwIfAborted();
      hash.update(chunk);
      size += chunk.length;
      writer.write(chunk);
      progress?.report({ kind: "advance", id: url, bytes: size });
    }
    await writer.commit();
  } catch (error) {
    await writer.discard();
    throw error;
  }
  progress?.report({ kind: "finish", id: url, label });
  return { sha256: hash.digest("hex"), size };
}
