import type { SecretPlace } from "../adapters/secrets-node/node-secrets.js";
import type { Descriptor } from "../oci/manifest.js";
import type { Platform } from "../oci/platform.js";
import type { PassWarning } from "../plan/passes/pass.js";
import type { Plan } from "../plan/plan.js";
import type { BaseSource } from "../ports/base-source.js";
import type { Downloader } from "../ports/file-source.js";
import type { Progress } from "../ports/progress.js";
import type { RegistryOptions } from "./registry/open-registry.js";

/** Which lock is read. */
export interface LockPlace {
  /**
   * The file that says by digest what references and URLs are; false: nothing is pinned.
   * @default - layerwright.lock.json in the context directory, where it exists
   */
  readonly lock?: string | false;
}

/** The catalog that squash `"auto"` is decided for, whichever of its images and platforms a verb is about. */
export interface WholeCatalog {
  /** The most layers that an image gets, its base's included. */
  readonly maxLayers: number;
  /**
   * The plans of all images.
   *
   * @param platforms instead of the catalog's
   */
  plans(platforms?: readonly string[]): Promise<readonly { readonly name: string; readonly plan: Plan }[]>;
}

/** How a build uses its lock. What the lock lacks is looked up once and written into it. */
export interface LockOptions extends LockPlace, RegistryOptions {
  /** Refuses to build what is not in the lock, and never writes it. @default - false */
  readonly locked?: boolean;
  /** @internal The catalog that the images are of; without it `"auto"` is decided for them alone. */
  readonly whole?: WholeCatalog;
  /** @internal Instead of the real one, for tests. */
  readonly downloads?: Downloader;
  /** @internal Instead of the real ones, for tests. */
  readonly bases?: BaseSource;
}

/** Where a built image goes, and in which form. */
export interface OutputTarget {
  /**
   * `archive`: a tar that every loader takes (docker load, podman load, skopeo, crane); `oci`: an OCI image archive;
   * `layout`: an OCI image layout directory; `rootfs`: the root file system as a plain tar.
   */
  readonly type: "archive" | "oci" | "layout" | "rootfs";
  /** A path, or `-` for standard output (tars only). */
  readonly dest: string;
}

/** How an image is built. */
export interface BuildOptions extends LockOptions {
  /**
   * A path (the archive that every loader takes) or a target with its form.
   * @default - nothing is written; the layers are in the store and the result says what they are
   */
  readonly output?: string | OutputTarget;
  /** The directory that copy sources are relative to. @default - the working directory */
  readonly context?: string;
  /** `os/architecture[/variant]`. @default - linux on this machine's processor */
  readonly platform?: string;
  /** `"gzip"`, `"gzip:1"` to `"gzip:9"`, `"zstd"` or `"none"`. @default - "gzip:6" */
  readonly compression?: string;
  /** The name that the image is written under, e.g. `acme/app:v1`. @default - the catalog's name and the image's, else none */
  readonly reference?: string;
  /** The directory of the store. @default - LAYERWRIGHT_CACHE, else the user's cache directory */
  readonly store?: string;
  /** False builds every layer again. @default - true */
  readonly cache?: boolean;
  /** Runs the commands again that hold one of these texts, e.g. `["apt-get update"]`. @default - none */
  readonly noCacheSteps?: readonly string[];
  /** Secrets for `secret` mounts by id: a file, a variable of this process, or bytes. @default - none */
  readonly secrets?: Readonly<Record<string, SecretPlace>>;
  /** Sockets of SSH agents for `ssh` mounts by id (`default` where a mount names none). @default - none */
  readonly ssh?: Readonly<Record<string, string>>;
  /**
   * Limits of each command in the direct build, where the machine can set them: the memory in bytes and the number of
   * processes. @default - no limit of memory, 16384 processes
   */
  readonly limits?: { readonly memoryBytes?: number | undefined; readonly processes?: number | undefined };
  /** Stops the build; nothing half-made stays behind. */
  readonly signal?: AbortSignal;
  /** Receives progress. @default - nobody is told */
  readonly progress?: Progress;
}

/** How an image is built for several platforms. */
export interface PlatformsBuildOptions extends Omit<BuildOptions, "platform"> {
  /** `os/architecture[/variant]` each; the image becomes an index over one manifest a platform. */
  readonly platforms: readonly string[];
}

/** One layer of a built image, bottom first. */
export interface BuiltLayer {
  /** What made it, in a few words. */
  readonly description: string;
  readonly digest: string;
  readonly diffId: string;
  /** Bytes of the compressed blob. */
  readonly size: number;
  /** Bytes of the plain tar; undefined for a layer of the base that was never unpacked. */
  readonly uncompressedSize?: number;
  /** True when the layer came out of the store without reading its files. */
  readonly cached: boolean;
  /** True when the layer belongs to the base. */
  readonly inherited: boolean;
}

/** What a build made for one platform. */
export interface BuildResult {
  readonly platform: Platform;
  /** Digest of the manifest. */
  readonly digest: string;
  /** The manifest as an index names it. */
  readonly descriptor: Descriptor;
  readonly configDigest: string;
  /** Digest of the index over all platforms, when the image was built for several at once. */
  readonly index?: string;
  /** Compressed bytes of all layers. */
  readonly size: number;
  readonly layers: readonly BuiltLayer[];
  /** Full references that the image is written under. */
  readonly references: readonly string[];
  /** Where it was written, when it was. */
  readonly output?: OutputTarget;
  readonly warnings: readonly PassWarning[];
}

/** True when a form can hold an image for several platforms: those that have an index can. */
export function holdsPlatforms(type: OutputTarget["type"]): boolean {
  return type === "oci" || type === "layout";
}

/** Where the page goes unless somebody says otherwise, in the context directory. */
export const DEFAULT_REPORT = "layerwright.out/report.html";

/** What looking things up outside takes. */
export interface LookUpOptions extends Pick<LockOptions, "registry" | "registries" | "downloads"> {
  readonly store?: string | undefined;
  readonly progress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** How plans are pinned. */
export interface PinOptions
  extends LockOptions,
    LookUpOptions,
    Pick<BuildOptions, "compression" | "cache" | "noCacheSteps" | "secrets" | "ssh" | "limits"> {
  readonly context?: string | undefined;
  /** What the plans are called in the catalog, in their order. */
  readonly names?: readonly string[];
}
