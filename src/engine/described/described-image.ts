import type { LayerBytes, PlainTar } from "../../archive/open-layer.js";
import type { Origin } from "../../errors/origin.js";
import type { Owner } from "../../image/owner.js";
import type { RuntimeConfig } from "../../oci/image-config.js";
import type { Platform } from "../../oci/platform.js";
import type { ConfigChange } from "../../plan/config.js";
import type { Operation, RemoveOperation } from "../../plan/operation.js";
import type { Layer } from "../../plan/plan.js";
import { type Ids, isNumeric, knowAccountText, resolveOwner } from "../../rootfs/owners.js";
import { readFileNodeNow } from "../../rootfs/read-node.js";
import { resolvePath } from "../../rootfs/resolve.js";
import type { FileNode, FolderNode, NodeContent } from "../../rootfs/tree.js";
import { type Unknown, type UnknownRegions, whyContentUnknown } from "../../rootfs/unknown.js";
import type { OpenableBase } from "../stages/open-base.js";

/** One layer as far as it is known without a build. */
export interface DescribedLayer {
  /** Over equal layers, layers of the same id are the same layer. */
  readonly id: string;
  /** Bytes of the plain tar; undefined where only a build tells. */
  readonly bytes: number | undefined;
  /** The reason for which `bytes` are not known. */
  readonly unknown?: Unknown | undefined;
  /** Its steps; undefined for a layer of a base. */
  readonly layer?: Layer | undefined;
  /** Stands for all layers of a base in a registry, however many there are. */
  readonly several?: boolean | undefined;
}

/** An image by its description: what its own steps do, on what is known of its base. */
export interface DescribedImage {
  readonly platform: Platform;
  readonly tree: FolderNode;
  /** The files of the base on disk that everything stands on; empty for other bases. */
  readonly baseTree: FolderNode;
  /** The regions that may have more files than `tree`. */
  readonly unknown: UnknownRegions;
  /** A command ran on the way, which may have changed anything in `tree`. */
  readonly afterCommand?: boolean;
  /** The operation that placed or changed a path last, by paths without a leading slash. */
  readonly placedBy: ReadonlyMap<string, Operation>;
  /** The removals that the user wrote, in order, where they are known. */
  readonly removals?: readonly RemoveOperation[];
  /** The stand-ins among the owners of the tree. */
  readonly names: NamedIds;
  readonly config: RuntimeConfig;
  /** Changes of the config by this image and those that it stands on, in order. */
  readonly changes: readonly ConfigChange[];
  /** The reason for which fields that `changes` does not set are not known; undefined where they are. */
  readonly configUnknown: Unknown | undefined;
  /** Bottom first. */
  readonly layers: readonly DescribedLayer[];
  /** The number of layers, counted from the top, that are above the base of this image. */
  readonly ownLayers: number;
  /** True when there is nothing below the first stage. */
  readonly fromScratch: boolean;
}

/** An image on disk that was looked into. */
export interface LocalBase {
  readonly tree: FolderNode;
  readonly config: RuntimeConfig;
  /** Bottom first; `size` is that of the plain tar in bytes. */
  readonly layers: readonly { readonly diffId: string; readonly size: number }[];
}

/** Bases that were looked into; one in a registry is not here, where it gives none. */
export interface LocalBases {
  open(
    base: OpenableBase,
    platform: Platform,
  ): (LocalBase & { readonly unknown?: UnknownRegions }) | undefined;
}

/** Files of a base, which are read one by one when somebody asks. */
export class BaseFiles implements LayerBytes {
  readonly #read: (path: string) => Uint8Array | Promise<Uint8Array>;
  readonly #paths: string[] = [];
  readonly #known = new Map<string, Uint8Array>();

  /** @param read gives the bytes of a file by its path in the base */
  constructor(read: (path: string) => Uint8Array | Promise<Uint8Array>) {
    this.#read = read;
  }

  /** The content of the file at a path. */
  contentOf(path: string): NodeContent {
    return { kind: "layer", layer: this, offset: this.#paths.push(path) - 1 };
  }

  /** The bytes of a content that `contentOf` gave. @throws {NotReadYet} */
  read(offset: number): Uint8Array {
    const path = this.#paths[offset]!;
    const known = this.#known.get(path) ?? this.#read(path);
    if (known instanceof Uint8Array) return known;
    throw new NotReadYet(async () => void this.#known.set(path, await known));
  }

  spool(): Promise<PlainTar> {
    return Promise.reject(new TypeError("the files of this base are read one by one"));
  }
}

/** Something that has to be read first. What cannot wait throws it, and `reading` waits. */
export class NotReadYet extends Error {
  readonly read: () => Promise<void>;

  constructor(read: () => Promise<void>) {
    super("this is not read yet");
    this.read = read;
  }
}

/** Carries out a look at an image, and repeats it for as long as something has to be read for it. */
export async function reading<Result>(look: () => Result): Promise<Result> {
  for (;;) {
    try {
      return look();
    } catch (error) {
      if (!(error instanceof NotReadYet)) throw error;
      await error.read();
    }
  }
}

/** The bytes of a file whose content is known; a base is read within `reading`. */
export function bytesNow(node: FileNode): Uint8Array {
  const { content, size } = node;
  if (size === 0) return new Uint8Array(0);
  if (content.kind === "layer" && content.layer instanceof BaseFiles)
    return content.layer.read(content.offset);
  return readFileNodeNow(node);
}

/**
 * The ids of an owner as far as they are known: numbers where the accounts of the image are, else stand-ins, which are
 * the same for the same name.
 */
export function ownerIds(
  image: Pick<DescribedImage, "tree" | "unknown" | "names">,
  owner: Owner,
  origin?: Origin,
): Ids {
  const known = isNumeric(owner) || ["etc/passwd", "etc/group"].every((path) => loadAccounts(image, path));
  return known ? resolveOwner(image.tree, owner, origin) : image.names.idsOf(owner);
}

/** Makes the accounts of a file resolvable at once; false where they are not known. */
function loadAccounts({ tree, unknown }: Pick<DescribedImage, "tree" | "unknown">, path: string): boolean {
  const { node, path: real } = resolvePath(tree, path);
  // A command may have added to what the base has there.
  if (node?.type === "file" && node.content.kind === "layer" && unknown.at(real) !== undefined) return false;
  if (node?.type !== "file") return unknown.at(real) === undefined;
  if (whyContentUnknown(node) !== undefined) return false;
  if (node.content.kind === "layer") knowAccountText(node, Buffer.from(bytesNow(node)).toString("utf8"));
  return true;
}

/** Stand-ins for the numbers of users and groups that only the accounts of an unknown base tell: below zero, one a name. */
export class NamedIds {
  readonly #names: string[] = [];

  /** Ids for an owner, numbers as they are. */
  idsOf({ user, group }: Owner): Ids {
    const uid = this.#idOf(user, `${user}`);
    if (group !== undefined) return { uid, gid: this.#idOf(group, `${group}`) };
    return { uid, gid: typeof user === "number" ? user : this.#idOf(user, `the group of ${user}`) };
  }

  /** An id as messages say it: its number, or the name that it stands for. */
  textOf(id: number): string {
    return id >= 0 ? `${id}` : this.#names[-1 - id]!;
  }

  #idOf(part: number | string, name: string): number {
    if (typeof part === "number") return part;
    const at = this.#names.indexOf(name);
    return -1 - (at < 0 ? this.#names.push(name) - 1 : at);
  }
}
