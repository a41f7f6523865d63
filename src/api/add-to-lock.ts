import type { Lock, LockedFile, LockedImage } from "../lock/lock.js";
import type { LockEntry } from "../lock/lock-needs.js";
import { familiarReference } from "../oci/reference.js";
import type { Progress } from "../ports/progress.js";
import { fetchFile } from "./fetch-file.js";
import type { LockOptions } from "./lock-options.js";
import { openDownloads, openRegistry } from "./open-registry.js";
import { resolveImage } from "./resolve-image.js";

/** What looking things up outside takes. */
export interface LookUpOptions extends Pick<LockOptions, "registry" | "registries" | "downloads"> {
  readonly store?: string | undefined;
  readonly progress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The lock with the entries that it lacks, looked up outside: references side by side, then files. */
export async function addToLock(
  lock: Lock,
  missing: readonly LockEntry[],
  options: LookUpOptions,
): Promise<Lock> {
  return {
    ...lock,
    images: { ...lock.images, ...(await lookUpImages(lock, missing, options)) },
    files: { ...lock.files, ...(await fetchFiles(missing, options)) },
  };
}

async function lookUpImages(
  lock: Lock,
  missing: readonly LockEntry[],
  options: LookUpOptions,
): Promise<Record<string, LockedImage>> {
  const wanted = new Map<string, string[]>();
  for (const entry of missing) {
    if (entry.kind === "image")
      wanted.set(entry.reference, [...(wanted.get(entry.reference) ?? []), entry.platform]);
  }
  if (wanted.size === 0) return {};
  const { registry: given, registries, progress, signal } = options;
  const registry = await openRegistry({ registry: given, registries, progress });
  try {
    const found = await Promise.all(
      Array.from(wanted, async ([reference, platforms]) => {
        const label = `look up ${familiarReference(reference)}`;
        progress?.report({ kind: "start", id: reference, label });
        const known = lock.images[reference];
        const image = await resolveImage(reference, platforms, registry, { known, signal });
        progress?.report({ kind: "finish", id: reference, label });
        return [reference, image] as const;
      }),
    );
    return Object.fromEntries(found);
  } finally {
    // What was given is not ours to close.
    if (given === undefined) await registry.close();
  }
}

async function fetchFiles(
  missing: readonly LockEntry[],
  options: LookUpOptions,
): Promise<Record<string, LockedFile>> {
  const urls = missing.flatMap((entry) => (entry.kind === "file" ? [entry.url] : []));
  if (urls.length === 0) return {};
  const { openStore } = await import("./store.js");
  const own = openDownloads({ registries: options.registries });
  const downloads = options.downloads ?? own;
  const store = await openStore(options.store);
  try {
    const files: Record<string, LockedFile> = {};
    for (const url of urls) files[url] = await fetchFile(url, downloads, store, options);
    return files;
  } finally {
    own.close();
    await store.close();
  }
}
