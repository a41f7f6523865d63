import { statSync } from "node:fs";
import { type Digest, isDigest } from "../../oci/digest.js";
import type { BlobStore } from "../../ports/blob-store.js";

const KIND = "rootfs-tar-1";

/** A file that was written to so shortly ago could change again and leave the same stamp. */
const SETTLING_MS = 2000;

/** The digest of a tar that was read before and is the same file still; undefined when it has to be read. */
export async function recallTar(path: string, store: BlobStore): Promise<Digest | undefined> {
  const known = (await store.getRecord(KIND, path)) as { stamp?: unknown; digest?: unknown } | undefined;
  const stamp = stampOf(path);
  if (stamp === undefined || known?.stamp !== stamp) return undefined;
  return isDigest(known.digest) ? known.digest : undefined;
}

/** Remembers the digest of a tar. `stamp` is from before it was read. */
export async function rememberTar(
  path: string,
  digest: Digest,
  stamp: string | undefined,
  store: BlobStore,
): Promise<void> {
  if (stamp !== undefined && stamp === stampOf(path)) await store.putRecord(KIND, path, { stamp, digest });
}

/** What tells one state of a file from another; undefined while it may still change unseen. */
export function stampOf(path: string): string | undefined {
  const stat = statSync(path, { bigint: true, throwIfNoEntry: false });
  if (stat === undefined || Date.now() - Number(stat.ctimeMs) < SETTLING_MS) return undefined;
  return [stat.dev, stat.ino, stat.size, stat.mtimeNs, stat.ctimeNs].join(" ");
}
