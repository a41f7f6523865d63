import type { FinalFile } from "../analyze/final-files.js";
import type { ObservedImage } from "../analyze/observed-image.js";
import type { FoundSecret } from "../analyze/secrets/find-secrets.js";
import type { Origin } from "../errors/origin.js";
import type { RuntimeConfig } from "../oci/image-config.js";
import type { ConfigChange } from "../plan/config.js";
import type { RunOperation } from "../plan/operation.js";
import type { Plan } from "../plan/plan.js";

/** An image of the catalog for one platform, as policies see it. */
export interface PolicyImage {
  /** Its name in the catalog. */
  readonly name: string;
  /** `linux/amd64` */
  readonly platform: string;
  /** After the passes, and pinned as far as the lock goes. */
  readonly plan: Plan;
  /** What a container starts with; without what only its base says, unless `configIsWhole`. */
  readonly config: RuntimeConfig;
  /** False where the base is an image whose own config is not known before it is opened. */
  readonly configIsWhole: boolean;
  /** What the image, and the images below it that are described here, change of the config, in order. */
  readonly changes: readonly ConfigChange[];
  /** What all its stages start from, but for scratch and other stages. */
  readonly bases: readonly PolicyBase[];
  /** The commands of all its stages. */
  readonly commands: readonly PolicyCommand[];
  /** The line of the last change of a kind, as `originOf("user")`; else the line that named the base. */
  originOf(set: ConfigChange["set"], name?: string): Origin | undefined;
}

/** An image or a root file system that a stage starts from. */
export interface PolicyBase {
  readonly kind: "registry" | "layout" | "archive" | "rootfs";
  /** The reference or the path, as the user wrote it. */
  readonly name: string;
  /** Of an image in a registry: where its name, or else the lock, says it. */
  readonly digest?: string;
  /** True when it is a part of the image, and not of a stage that is only copied from. */
  readonly shipped: boolean;
  readonly origin?: Origin;
}

/** A command that a stage runs. */
export interface PolicyCommand {
  /** Words of a command that no shell runs are joined by spaces. */
  readonly text: string;
  readonly operation: RunOperation;
  /** True when its layer is a part of the image. */
  readonly shipped: boolean;
  readonly origin?: Origin;
}

/** What the build of an image before this one gave. */
export interface EarlierBuild {
  readonly digest: string;
  /** Compressed bytes of all layers. */
  readonly size: number;
  readonly layers: number;
}

/** A built image, with what policies ask of it. */
export interface PolicyBuiltImage extends ObservedImage {
  /** Compressed bytes of all layers. */
  readonly size: number;
  /** Bytes of the layers' plain tars. */
  readonly uncompressedSize: number;
  /** Files of its layers that look like secrets, also those that a later layer removes. */
  readonly secrets: readonly FoundSecret[];
  /** The build before this one with the same store; undefined for the first. */
  readonly earlier?: EarlierBuild;
  /** What a container sees, by path without a leading slash. */
  files(): Promise<ReadonlyMap<string, FinalFile>>;
}

/** An image with what it was built into: its config is the whole one. */
export interface BuiltPolicyImage extends PolicyImage {
  readonly built: PolicyBuiltImage;
}

/** What was built, and what was found out about it where its bytes are. */
export interface BuiltFacts {
  readonly image: ObservedImage;
  readonly secrets: readonly FoundSecret[];
  readonly earlier?: EarlierBuild | undefined;
}
