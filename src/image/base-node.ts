import type { RuntimeConfig } from "../oci/image-config.js";
import type { ImageNode } from "./image-node.js";

/** Nothing: the image holds what its steps put there. */
export interface ScratchBase {
  readonly kind: "scratch";
}

/** An image of a registry, in the user's spelling (`debian:bookworm-slim`). */
export interface RegistryBase {
  readonly kind: "registry";
  readonly reference: string;
  /** Folders the user vouches for: they exist in the base as real folders of root with mode 0755. */
  readonly folders?: readonly string[];
}

/** An OCI image layout on disk, a folder or a tar. */
export interface LayoutBase {
  readonly kind: "layout";
  readonly path: string;
  readonly tag?: string;
  /** What a Dockerfile says in FROM instead of a named build context. */
  readonly reference?: string;
}

/** A `docker save` archive. */
export interface ArchiveBase {
  readonly kind: "archive";
  readonly path: string;
  readonly tag?: string;
  readonly reference?: string;
}

/** A root file system, a folder or a tar; `config` is what the image would say of itself. */
export interface RootfsBase {
  readonly kind: "rootfs";
  readonly path: string;
  readonly config?: RuntimeConfig;
}

/** Another image: a boundary, its layers are inherited as they are. */
export interface ParentBase {
  readonly kind: "image";
  readonly image: ImageNode;
}

/** Where an image starts. */
export type BaseNode = ScratchBase | RegistryBase | LayoutBase | ArchiveBase | RootfsBase | ParentBase;
