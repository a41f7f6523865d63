import { RegistryError } from "../errors/layerwright-error.js";
import type { ImageChange, LockChange } from "../lock/lock-diff.js";
import { type PackageChange, packageDiff } from "../lock/package-list.js";
import type { Digest } from "../oci/digest.js";
import { parsePlatform } from "../oci/platform.js";
import { parseReference } from "../oci/reference.js";
import type { Registry } from "../ports/registry.js";
import { basePackages } from "./base-packages.js";
import type { DescribedChange, LockVerbOptions } from "./lock.js";
import { openRegistry } from "./open-registry.js";
import { manifestOf } from "./resolve-image.js";
import { type Workspace, withWorkspace } from "./workspace.js";

/** An image that was one and is another now. */
type Moved = ImageChange & Required<Pick<ImageChange, "before" | "after">>;

/** Changes with the layers and packages behind them, for images that are others now. */
export async function describeChanges(
  changes: readonly LockChange[],
  options: LockVerbOptions,
): Promise<DescribedChange[]> {
  if (!changes.some(isMoved)) return [...changes];
  const { registry: given, store: folder } = options;
  const registry = await openRegistry({ registry: given, registries: options.registries });
  try {
    return await withWorkspace({ store: folder, progress: options.progress }, async (workspace) => {
      const described: DescribedChange[] = [];
      for (const change of changes) {
        described.push(isMoved(change) ? await describe(change, registry, workspace, options) : change);
      }
      return described;
    });
  } finally {
    if (given === undefined) await registry.close();
  }
}

function isMoved(change: LockChange): change is Moved {
  if (change.kind !== "image" || change.before === undefined || change.after === undefined) return false;
  return change.before.manifest !== change.after.manifest;
}

async function describe(
  change: Moved,
  registry: Registry,
  workspace: Workspace,
  options: LockVerbOptions,
): Promise<DescribedChange> {
  const old = await layersOf(change.reference, change.before.manifest, registry);
  const now = await layersOf(change.reference, change.after.manifest, registry);
  if (old === undefined || now === undefined) return change;
  const kept = now.filter((digest) => old.includes(digest)).length;
  const packages = await packagesOf(change, [...old, ...now], workspace, options);
  return {
    ...change,
    layers: { kept, new: now.length - kept },
    ...(packages === undefined ? {} : { packages }),
  };
}

/** The layers of a manifest; undefined where the registry no longer has it, as it need not keep what no tag names. */
async function layersOf(
  reference: string,
  digest: Digest,
  registry: Registry,
): Promise<Digest[] | undefined> {
  const { domain, path } = parseReference(reference);
  try {
    const document = await registry.document({ domain, path, digest });
    return manifestOf(reference, document).layers.map((layer) => layer.digest);
  } catch (error) {
    if (error instanceof RegistryError) return undefined;
    throw error;
  }
}

/** What changed in the packages, where the layers are at hand or were asked for. */
async function packagesOf(
  { reference, platform, before, after }: Moved,
  layers: readonly Digest[],
  { store, bases: own }: Workspace,
  { packages, bases = own }: LockVerbOptions,
): Promise<readonly PackageChange[] | undefined> {
  if (packages !== true) {
    for (const layer of layers) if ((await store.stat(layer)) === undefined) return undefined;
  }
  const list = async (digest: Digest) => {
    const image = await bases.open({ kind: "registry", reference, digest }, parsePlatform(platform));
    try {
      return await basePackages(image, store);
    } finally {
      await image.close();
    }
  };
  const [old, now] = [await list(before.manifest), await list(after.manifest)];
  return old === undefined || now === undefined ? undefined : packageDiff(old, now);
}
