import { resolve } from "node:path";
import { createDiskBases } from "../adapters/bases-disk/disk-bases.js";
import { HttpDownloader } from "../adapters/download-http/http-downloader.js";
import { NodeFiles } from "../adapters/files-node/node-files.js";
import { RuncSandbox } from "../adapters/sandbox-runc/runc-sandbox.js";
import { NodeSecrets, type SecretPlace } from "../adapters/secrets-node/node-secrets.js";
import { type DirBlobStore, openDirStore } from "../adapters/store-dir/dir-blob-store.js";
import type { BuildPorts } from "../engine/ports.js";
import { decodeLayer } from "../layer/encode/decode.js";
import type { Progress } from "../ports/progress.js";

/** Where a verb works: its context folder and its store. */
export interface WorkspaceOptions {
  readonly context?: string | undefined;
  readonly store?: string | undefined;
  readonly progress?: Progress | undefined;
  /** Secrets of run steps by id. */
  readonly secrets?: Readonly<Record<string, SecretPlace>> | undefined;
  /** Sockets of SSH agents by id. */
  readonly ssh?: Readonly<Record<string, string>> | undefined;
}

/** The default adapters, bound to a context folder. */
export interface Workspace {
  /** Absolute. */
  readonly context: string;
  readonly store: DirBlobStore;
  /** The ports of one plan: its named contexts are folders relative to the context. */
  portsFor(contexts: Readonly<Record<string, string>>): BuildPorts;
}

/** Opens the default adapters for the time of `work`, and closes them whatever happens. */
export async function withWorkspace<Result>(
  options: WorkspaceOptions,
  work: (workspace: Workspace) => Promise<Result>,
): Promise<Result> {
  const context = resolve(options.context ?? ".");
  const store = await openDirStore(options.store === undefined ? {} : { folder: options.store });
  const bases = createDiskBases({ store, decompress: (bytes, archive) => decodeLayer(bytes, { archive }) });
  const downloads = new HttpDownloader();
  const sandbox = new RuncSandbox({ folder: store.folder });
  const secrets = new NodeSecrets(options.secrets ?? {}, options.ssh ?? {});
  try {
    return await work({
      context,
      store,
      portsFor: (contexts) => ({
        store,
        bases,
        downloads,
        sandbox,
        secrets,
        files: contextFiles(context, contexts),
        ...(options.progress === undefined ? {} : { progress: options.progress }),
      }),
    });
  } finally {
    await sandbox.close();
    await store.close();
  }
}

/** The files of a plan's contexts. */
export function contextFiles(context: string, contexts: Readonly<Record<string, string>>): NodeFiles {
  const named = Object.fromEntries(
    Object.entries(contexts).map(([name, folder]) => [name, resolve(context, folder)]),
  );
  return new NodeFiles({ main: context, named });
}
