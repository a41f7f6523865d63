import type { BaseIdentity, BaseUse } from "../../oci/base-annotations.js";
import type { Digest } from "../../oci/digest.js";
import type { HistoryEntry, ImageConfig, RuntimeConfig } from "../../oci/image-config.js";
import type { Descriptor } from "../../oci/manifest.js";
import type { ReadOptions } from "../../ports/blob-store.js";
import type { Repository } from "../../ports/registry.js";
import type { FolderNode } from "../../rootfs/tree.js";
import type { Cleaned } from "../run/command-output.js";
import type { RootState } from "../run/root-chain.js";

/** One layer of a stage, with what a report says of it. */
export interface StageLayer {
  readonly diffId: Digest;
  readonly descriptor: Descriptor;
  blob(options?: ReadOptions): AsyncIterable<Uint8Array>;
  /** A repository that has the blob, where a registry holds it. */
  readonly heldBy?: Repository;
  /** Its origin, in a few words. */
  readonly description: string;
  /** Id of the layer in the plan; undefined for a layer of a base. */
  readonly id: string | undefined;
  /** Entries in the layer; undefined for a layer of a base. */
  readonly paths: number | undefined;
  /** Bytes of the plain tar, where it was made here. */
  readonly uncompressedSize: number | undefined;
  /** True when it came out of the store without reading its files. */
  readonly cached: boolean;
  /** The strongest thing that it took from the base of its image, where that is in a registry. */
  readonly baseUse?: BaseUse;
}

/** The image of a registry that a stage, or one below it, starts from. */
interface StageBase extends BaseIdentity {
  /** Its files; undefined where nobody looks into them. */
  readonly tree: FolderNode | undefined;
}

/** A stage as an image: what the next stage, a copy or the manifest needs of it. */
export interface StageImage {
  readonly tree: FolderNode;
  /** A state on the way to the tree, or the tree itself: what a command of a later stage starts from. */
  readonly root: RootState;
  /** The document that fields we do not know are kept from. */
  readonly document: Omit<ImageConfig, "config" | "rootfs" | "history" | "created">;
  readonly config: RuntimeConfig;
  readonly annotations: Readonly<Record<string, string>>;
  /** Clean-ups that passes added to its commands, those of the stages below included. */
  readonly cleaned?: readonly Cleaned[];
  readonly history: readonly HistoryEntry[];
  /** Empty for a stage that is not packed. */
  readonly layers: readonly StageLayer[];
  /** Undefined for images that stand on something else, or have their base melted in. */
  readonly base?: StageBase | undefined;
  /** True when there is nothing below the first stage. */
  readonly fromScratch: boolean;
}
