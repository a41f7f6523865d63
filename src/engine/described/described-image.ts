import type { FolderNode } from "../../layer/tree-node.js";
import type { RuntimeConfig } from "../../oci/image-config.js";
import type { Platform } from "../../oci/platform.js";
import type { ConfigChange } from "../../plan/config.js";
import type { Operation, RemoveOperation } from "../../plan/operation.js";
import type { Layer } from "../../plan/plan.js";
import type { NamedIds } from "./named-ids.js";
import type { Unknown } from "./unknown.js";
import type { UnknownRegions } from "./unknown-regions.js";

/** One layer as far as it is known without a build. */
export interface DescribedLayer {
  /** Over equal layers, layers of the same id are the same layer. */
  readonly id: string;
  /** Bytes of the plain tar; undefined where only a build tells. */
  readonly bytes: number | undefined;
  /** What keeps `bytes` from being known. */
  readonly unknown?: Unknown | undefined;
  /** Its steps; undefined for a layer of a base. */
  readonly layer?: Layer | undefined;
  /** Stands for all layers of a base in a registry, however many there are. */
  readonly several?: boolean | undefined;
}

/** What an image is by its description: what its own steps do, on what is known of its base. */
export interface DescribedImage {
  readonly platform: Platform;
  readonly tree: FolderNode;
  /** The files of the base on disk that everything stands on; empty for other bases. */
  readonly baseTree: FolderNode;
  /** Where there may be more files than in `tree`. */
  readonly unknown: UnknownRegions;
  /** A command ran on the way, which may have changed anything in `tree`. */
  readonly afterCommand?: boolean;
  /** What placed or changed a path last, by paths without a leading slash. */
  readonly placedBy: ReadonlyMap<string, Operation>;
  /** The removals that the user wrote, in order, where they are known. */
  readonly removals?: readonly RemoveOperation[];
  /** The stand-ins among the owners of the tree. */
  readonly names: NamedIds;
  readonly config: RuntimeConfig;
  /** Changes of the config by this image and those that it stands on, in order. */
  readonly changes: readonly ConfigChange[];
  /** Why fields that `changes` does not set are not known; undefined where they are. */
  readonly configUnknown: Unknown | undefined;
  /** Bottom first. */
  readonly layers: readonly DescribedLayer[];
  /** How many of the layers, counted from the top, are above the base of this image. */
  readonly ownLayers: number;
  /** True when there is nothing below the first stage. */
  readonly fromScratch: boolean;
}
