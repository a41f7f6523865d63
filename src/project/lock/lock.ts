import { closestName } from "../../core/closest-name.js";
import { DefinitionError, RegistryError } from "../../errors/layerwright-error.js";
import { type Lock, lockText } from "../../lock/lock.js";
import { type ImageChange, type LockChange, lockDiff } from "../../lock/lock-diff.js";
import { type LockEntry, type LockNeeds, missingFrom, needsOf, unusedIn } from "../../lock/lock-needs.js";
import { meansFile, meansImage, meansLayering } from "../../lock/merge-locks.js";
import {
  type PackageChange,
  type PackageList,
  packageDiff,
  parseApkInstalled,
  parseDpkgStatus,
} from "../../lock/package-list.js";
import type { Digest } from "../../oci/digest.js";
import { parsePlatform } from "../../oci/platform.js";
import { familiarReference, parseReference } from "../../oci/reference.js";
import { redactUrl } from "../../plan/operation.js";
import type { Plan } from "../../plan/plan.js";
import type { BaseImage } from "../../ports/base-source.js";
import type { BlobStore } from "../../ports/blob-store.js";
import type { Progress } from "../../ports/progress.js";
import type { Registry } from "../../ports/registry.js";
import { openBase } from "../../rootfs/base-tree.js";
import { readFileNode } from "../../rootfs/read-node.js";
import { resolvePath } from "../../rootfs/resolve.js";
import type { FileNode, FolderNode } from "../../rootfs/tree.js";
import type { LockOptions } from "../options.js";
import { namedPlans, type Project } from "../project.js";
import { openRegistry } from "../registry/open-registry.js";
import { type Workspace, withWorkspace } from "../workspace.js";
import { changeLock, lockOf } from "./lock-file.js";
import { addToLock, manifestOf } from "./look-up.js";
import { ENCODER_KINDS, hasBundledList, withCertificates, withEncoders } from "./runtime.js";

/** What is locked, and what of it anew. */
export interface LockVerbOptions
  extends Pick<LockOptions, "registry" | "registries" | "downloads" | "bases"> {
  /** The file. @default - layerwright.lock.json in the context directory */
  readonly lock?: string;
  /** The directory that copy sources are relative to. @default - the working directory */
  readonly context?: string;
  /** Looks things up again: all, or those that these names mean (`debian`, `debian:bookworm-slim`, a URL). @default - false */
  readonly update?: boolean | readonly string[];
  /** Only says what is missing or unused; nothing is written or looked up. @default - false */
  readonly check?: boolean;
  /** Compares the packages of bases that changed, also where their layers have to be fetched for that. @default - false */
  readonly packages?: boolean;
  /** The directory of the store. @default - LAYERWRIGHT_CACHE, else the user's cache directory */
  readonly store?: string;
  readonly signal?: AbortSignal;
  /** Receives progress. @default - nobody is told */
  readonly progress?: Progress;
}

/** A change of the lock, with what is known of the image behind it. */
export type DescribedChange = LockChange & {
  /** How many layers of the new image the old one had, and how many it had not. */
  readonly layers?: { readonly kept: number; readonly new: number };
  /** Packages of Debian and Alpine that came, went or changed. */
  readonly packages?: readonly PackageChange[];
};

/** What became of the lock. */
export interface LockResult {
  /** Absolute. */
  readonly path: string;
  /** What the lock lacked before, and what nobody needs of it. */
  readonly missing: readonly LockEntry[];
  readonly unused: readonly LockEntry[];
  /** What is written now and was not before. */
  readonly changes: readonly DescribedChange[];
  readonly written: boolean;
}

/** How plans are locked. */
interface LockPlansOptions extends LockVerbOptions {
  /** What the plans are called in the catalog, in their order. */
  readonly names: readonly string[];
  /** The most layers that squash `"auto"` gives an image. */
  readonly maxLayers: number | undefined;
}

/** Locks what the images of a project take from outside, and decides their layers. */
export async function lockProject(project: Project, given: LockVerbOptions): Promise<LockResult> {
  const named = namedPlans(project.images);
  const plans = named.map(({ plan }) => plan);
  const { context, whole } = project;
  const names = named.map(({ name }) => name);
  const options: LockPlansOptions = { ...given, context, names, maxLayers: whole?.maxLayers };
  const needs = needsOf(plans);
  const { path, lock: before } = lockOf(options);
  const about = { path, missing: missingFrom(needs, before), unused: unusedIn(needs, before) };
  if (options.check === true) return { ...about, changes: [], written: false };
  const kept = keptOf(before, plans, needs, updatesOf(needs, before, options.update));
  const found = await addToLock(kept, missingFrom(needs, kept), options);
  const undecided = missingFrom(needs, found).length > 0;
  const decided = undecided ? await decideAll(plans, found, options) : found;
  const listed = withCertificates(decided, plans);
  const wanted = isEmpty(listed) ? listed : await withEncoders(listed, ENCODER_KINDS);
  if (lockText(wanted) === lockText(before)) return { ...about, changes: [], written: false };
  const now = await changeLock(path, before, wanted);
  const changes = await describeChanges(lockDiff(before, now), options);
  return { ...about, changes, written: true };
}

/** Decides the layers of squash `"auto"`, which takes a build. */
async function decideAll(plans: readonly Plan[], lock: Lock, options: LockPlansOptions): Promise<Lock> {
  const { decideLayering } = await import("./decide-layers.js");
  const { lock: _, ...rest } = options;
  return decideLayering(plans, lock, rest);
}

/** The words of `--update` that mean what the lock has of the runtime. */
const ENCODERS = "encoders";
const CERTIFICATES = "certificates";

type Kind = LockEntry["kind"] | "encoder" | "certificates";
type Chosen = (kind: Kind, name: string) => boolean;

/** True when a lock holds nothing that images are made of. */
function isEmpty({ images, files, layering, certificates }: Lock): boolean {
  if (certificates !== undefined) return false;
  return [images, files, layering].every((entries) => Object.keys(entries).length === 0);
}

/** What is looked up again. Throws `LOCK_NAME_UNKNOWN` for a name that means nothing. */
function updatesOf(
  { images, files, layering }: LockNeeds,
  lock: Lock,
  update: LockVerbOptions["update"],
): Chosen {
  if (update === undefined || typeof update === "boolean") return () => update === true;
  const means = (word: string, kind: Kind, name: string): boolean => {
    if (kind === "certificates") return word === CERTIFICATES;
    if (kind === "encoder") return word === ENCODERS || word === name;
    if (kind === "layering") return meansLayering(word, lock.layering[name]?.images ?? []);
    return kind === "image" ? meansImage(word, name) : meansFile(word, name);
  };
  for (const word of update) {
    const used =
      word === ENCODERS ||
      word === CERTIFICATES ||
      Object.keys(lock.encoders ?? {}).includes(word) ||
      [...images.keys()].some((name) => means(word, "image", name)) ||
      [...files.keys()].some((url) => means(word, "file", url)) ||
      [...layering.keys()].some((stage) => means(word, "layering", stage));
    if (used) continue;
    const known = [
      ...[...images.keys()].map((name) => familiarReference(name)),
      ...[...files.keys()].map(redactUrl),
      ...(layering.size === 0 ? [] : ["layers"]),
      ...(lock.encoders === undefined ? [] : [ENCODERS]),
      ...(lock.certificates === undefined ? [] : [CERTIFICATES]),
    ];
    const suggestion = closestName(word, known);
    throw new DefinitionError("LOCK_NAME_UNKNOWN", { got: word, known, suggestion }, { subject: word });
  }
  return (kind, name) => update.some((word) => means(word, kind, name));
}

/** What stays of a lock: what is needed, and is not to be looked up again. */
function keptOf(lock: Lock, plans: readonly Plan[], needs: LockNeeds, again: Chosen): Lock {
  const images = Object.entries(lock.images).flatMap(([reference, { digest, platforms }]) => {
    const wanted = needs.images.get(reference)?.platforms;
    const kept = Object.entries(platforms).filter(([platform]) => wanted?.has(platform) === true);
    if (kept.length === 0 || again("image", reference)) return [];
    return [[reference, { digest, platforms: Object.fromEntries(kept) }] as const];
  });
  const files = Object.entries(lock.files).filter(([url]) => needs.files.has(url) && !again("file", url));
  const layering = Object.entries(lock.layering).filter(
    ([stage]) => needs.layering.has(stage) && !again("layering", stage),
  );
  const encoders = Object.entries(lock.encoders ?? {}).filter(([kind]) => !again("encoder", kind));
  const { certificates } = lock;
  const keepsList = certificates !== undefined && !again("certificates", "") && hasBundledList(plans);
  return {
    ...(keepsList ? { certificates } : {}),
    ...(encoders.length === 0 ? {} : { encoders: Object.fromEntries(encoders) }),
    images: Object.fromEntries(images),
    files: Object.fromEntries(files),
    layering: Object.fromEntries(layering),
  };
}

/** An image that was one and is another now. */
type Moved = ImageChange & Required<Pick<ImageChange, "before" | "after">>;

/** Changes with the layers and packages behind them, for images that are others now. */
async function describeChanges(
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

/** The installed packages of an image of Debian or Alpine; undefined where neither keeps a list in it. */
async function basePackages(image: BaseImage, store: BlobStore): Promise<PackageList | undefined> {
  const { tree, close } = await openBase(image.layers, store);
  try {
    const debian = [...filesAt(tree, "/var/lib/dpkg/status"), ...filesAt(tree, "/var/lib/dpkg/status.d")];
    const alpine = filesAt(tree, "/lib/apk/db/installed");
    if (debian.length + alpine.length === 0) return undefined;
    const packages = new Map<string, string>();
    for (const [files, parse] of [
      [debian, parseDpkgStatus],
      [alpine, parseApkInstalled],
    ] as const) {
      for (const file of files)
        for (const [name, version] of parse(await text(file))) packages.set(name, version);
    }
    return packages;
  } finally {
    await close();
  }
}

/** The file at a path, or the files in the directory there: images without a shell keep one file a package. */
function filesAt(tree: FolderNode, path: string): FileNode[] {
  const { node } = resolvePath(tree, path);
  if (node?.type === "file") return [node];
  if (node?.type !== "folder") return [];
  return [...node.children.values()].flatMap((child) => (child.type === "file" ? [child] : []));
}

/** Larger lists are no lists. */
const LARGEST = 64 << 20;

async function text(file: FileNode): Promise<string> {
  return new TextDecoder().decode(await readFileNode(file, LARGEST));
}
