import { open, rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { NodeFiles } from "../adapters/files-node/node-files.js";
import { systemError } from "../adapters/host/disk-calls.js";
import type { CommandLimits } from "../adapters/sandbox-runc/process-group.js";
import { NodeSecrets, type SecretPlace } from "../adapters/secrets-node/node-secrets.js";
import { type DirBlobStore, openDirStore } from "../adapters/store-dir/dir-blob-store.js";
import type { BuildPorts } from "../engine/ports.js";
import { runsOf } from "../engine/run/check-runs.js";
import type { Plan } from "../plan/plan.js";
import type { BaseSource, RegistryBaseLocation } from "../ports/base-source.js";
import type { FileSource, SourceMatch } from "../ports/file-source.js";
import type { Progress } from "../ports/progress.js";
import type { Registry } from "../ports/registry.js";
import type { Sandbox } from "../ports/sandbox.js";
import { openDownloads, openRegistry, type RegistryOptions } from "./registry/open-registry.js";

/** Writes a file beside its place and renames it, so that it is never there in half. */
export async function writeBeside(dest: string, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const beside = `${dest}.${process.pid}.tmp`;
  try {
    const file = await open(beside, "w", 0o644);
    try {
      for await (const chunk of chunks) await file.write(chunk);
    } finally {
      await file.close();
    }
    await rename(beside, dest);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

/** Where a verb works: its context directory and its store. */
export interface WorkspaceOptions extends RegistryOptions {
  readonly context?: string | undefined;
  readonly store?: string | undefined;
  readonly progress?: Progress | undefined;
  /** Secrets of run steps by id. */
  readonly secrets?: Readonly<Record<string, SecretPlace>> | undefined;
  /** Sockets of SSH agents by id. */
  readonly ssh?: Readonly<Record<string, string>> | undefined;
  readonly limits?: CommandLimits | undefined;
}

/** The default adapters, bound to a context directory. */
export interface Workspace {
  /** Absolute. */
  readonly context: string;
  readonly store: DirBlobStore;
  readonly bases: BaseSource;
  /** The registries of the outside, reached when first asked for. */
  registry(): Promise<Registry>;
  /** The ports of one plan: its named contexts are directories relative to the context. */
  portsFor(plan: Plan): Promise<BuildPorts>;
}

/** Opens the default adapters for the time of `work`, and closes them whatever happens. */
export async function withWorkspace<Result>(
  options: WorkspaceOptions,
  work: (workspace: Workspace) => Promise<Result>,
): Promise<Result> {
  const context = resolve(options.context ?? ".");
  const store = await openDirStore(options.store === undefined ? {} : { folder: options.store });
  const registry = lateRegistry(options);
  const bases = lateBases(store, registry.get, options.progress);
  const downloads = openDownloads(options);
  const secrets = new NodeSecrets(options.secrets ?? {}, options.ssh ?? {});
  const { progress } = options;
  let sandbox: Promise<Sandbox> | undefined;
  try {
    return await work({
      context,
      store,
      bases,
      registry: registry.get,
      async portsFor(plan) {
        if (plan.stages.some((stage) => runsOf(stage).length > 0)) sandbox ??= openSandbox(store, options);
        const files = contextFiles(context, plan.contexts);
        return {
          store,
          bases,
          downloads,
          sandbox: await sandbox,
          secrets,
          files,
          ...(progress && { progress }),
        };
      },
    });
  } catch (error) {
    throw systemError(error);
  } finally {
    await (await sandbox?.catch(() => undefined))?.close();
    await registry.close();
    downloads.close();
    await store.close();
  }
}

// Most images need none of these adapters, and to load one takes longer than many a build.

async function openSandbox(
  { folder }: DirBlobStore,
  { limits }: Pick<WorkspaceOptions, "limits">,
): Promise<Sandbox> {
  const { RuncSandbox } = await import("../adapters/sandbox-runc/runc-sandbox.js");
  return new RuncSandbox({ folder, limits });
}

function lateBases(
  store: DirBlobStore,
  registry: () => Promise<Registry>,
  progress: Progress | undefined,
): BaseSource {
  // One for all, so that images on the same base fetch it once.
  let ofRegistries: Promise<BaseSource<RegistryBaseLocation>> | undefined;
  return {
    async open(base, platform, options) {
      if (base.kind === "registry") {
        ofRegistries ??= import("../adapters/bases/registry-bases.js").then(({ createRegistryBases }) =>
          createRegistryBases({ store, registry, progress }),
        );
        return (await ofRegistries).open(base, platform, options);
      }
      const { createDiskBases } = await import("../adapters/bases/disk-bases.js");
      const { decodeLayer } = await import("../archive/decode.js");
      const onDisk = createDiskBases({
        store,
        decompress: (bytes, archive) => decodeLayer(bytes, { archive }),
      });
      return onDisk.open(base, platform, options);
    },
  };
}

function lateRegistry(options: WorkspaceOptions): { get(): Promise<Registry>; close(): Promise<void> } {
  let opened: Promise<Registry> | undefined;
  return {
    get: () => {
      opened ??= openRegistry(options);
      return opened;
    },
    // What was handed in is closed by whoever made it.
    close: async () => void (options.registry === undefined && (await (await opened)?.close())),
  };
}

/** Opens the store in a directory, the user's own by default: what the `cache` command looks at. */
export function openStore(folder?: string): Promise<DirBlobStore> {
  return openDirStore(folder === undefined ? {} : { folder });
}

/** The files of a plan's contexts. */
export function contextFiles(context: string, contexts: Readonly<Record<string, string>>): NodeFiles {
  const named = Object.fromEntries(
    Object.entries(contexts).map(([name, folder]) => [name, resolve(context, folder)]),
  );
  return new NodeFiles({ main: context, named });
}

/** Files that are listed once in a build: what is noted of them afterwards is what the build saw. */
export function listedOnce(files: FileSource): FileSource {
  const known = new Map<string, readonly SourceMatch[]>();
  return {
    list(context, pattern, exclude) {
      const key = JSON.stringify([context ?? null, pattern, exclude]);
      const matches = known.get(key) ?? files.list(context, pattern, exclude);
      known.set(key, matches);
      return matches;
    },
  };
}
