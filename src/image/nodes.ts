import type { Origin } from "../errors/origin.js";
import type { RuntimeConfig } from "../oci/image-config.js";
import type { Mode } from "./mode.js";
import type { Owner } from "./owner.js";

/** The data of an image: what `Image` holds, and all that the plan reads. */
export interface ImageNode {
  readonly base: BaseNode;
  readonly steps: readonly Step[];
  readonly squash: SquashPolicy;
  /** The name of its stage in a Dockerfile. Names change nothing else: no id, no cache key, no image. */
  readonly name?: string;
  /** The line that set the policy, if one did. */
  readonly squashedAt?: Origin;
  /** The line that names the base; undefined for scratch. */
  readonly origin?: Origin;
}

/** The rule for which steps end up in one layer (docs/squash.md). */
export type SquashPolicy = "keep" | "own" | "all" | "auto";

/** Every squash policy, in the order of the documentation. */
export const squashPolicies: readonly SquashPolicy[] = ["keep", "own", "all", "auto"];

/** Nothing: the image holds what its steps put there. */
export interface ScratchBase {
  readonly kind: "scratch";
}

/** An image of a registry, in the user's spelling (`debian:bookworm-slim`). */
export interface RegistryBase {
  readonly kind: "registry";
  readonly reference: string;
  /** Directories the user vouches for: they exist in the base as real directories of root with mode 0755. */
  readonly folders?: readonly string[];
}

/** An OCI image layout on disk, a directory or a tar. */
export interface LayoutBase {
  readonly kind: "layout";
  readonly path: string;
  readonly tag?: string;
  /** The reference in a Dockerfile's FROM instead of a named build context. */
  readonly reference?: string;
}

/** A `docker save` archive. */
export interface ArchiveBase {
  readonly kind: "archive";
  readonly path: string;
  readonly tag?: string;
  readonly reference?: string;
}

/** A root file system, a directory or a tar; `config` is the image's config. */
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

/** The start of an image. */
export type BaseNode = ScratchBase | RegistryBase | LayoutBase | ArchiveBase | RootfsBase | ParentBase;

/** A named directory beside the build context, for sources outside of it. */
export interface NamedContext {
  readonly name: string;
  /** The directory, as the user wrote it: absolute, or relative to the context directory. */
  readonly folder: string;
}

/** Files of the build context (`context` undefined) or of a named context. `path` may hold globs `* ? [] **`. */
export interface ContextSource {
  readonly from: "context";
  readonly context?: NamedContext;
  readonly path: string;
}

/** A file or directory of another image. `path` is absolute and holds no globs. */
export interface ImageSource {
  readonly from: "image";
  readonly image: ImageNode;
  readonly path: string;
}

/** A source of a copy. */
export type Source = ContextSource | ImageSource;

/** A node that knows the line that it was written at. */
export interface Placed {
  readonly origin?: Origin;
}

/** A step that changes files without running anything of the image. */
export type FileStep =
  | AddStep
  | BinaryStep
  | ChmodStep
  | ChownStep
  | CopyStep
  | MkdirStep
  | RemoveStep
  | SymlinkStep
  | WriteStep;

/** A step that changes what a container starts with. */
export type ConfigStep =
  | AnnotationStep
  | CmdStep
  | EntrypointStep
  | EnvStep
  | ExposeStep
  | HealthcheckStep
  | LabelStep
  | ShellStep
  | StopSignalStep
  | UserStep
  | VolumeStep
  | WorkdirStep;

/** One thing an image does. */
export type Step = FileStep | RunStep | HostRunStep | ConfigStep | LayerStep | PlatformStep | SuppressStep;

/** Steps that are one layer: `layer(name, recipe)`, or the own steps of a recipe. */
export interface LayerStep extends Placed {
  readonly kind: "layer";
  readonly name?: string;
  readonly steps: readonly Step[];
}

/** Steps that differ by platform: `perPlatform(recipes)`. The plan for a platform has those that fit it. */
export interface PlatformStep extends Placed {
  readonly kind: "platform";
  /** Platforms in their short spelling, each once. */
  readonly variants: readonly PlatformVariant[];
  /** For every other platform; without it there is no image for them. */
  readonly otherwise?: readonly Step[];
}

/** The steps of one platform. */
export interface PlatformVariant {
  readonly platform: string;
  readonly steps: readonly Step[];
}

/** Copies files. A directory's contents are copied, not the directory; `dest` ending in `/` is a directory. */
export interface CopyStep extends Placed {
  readonly kind: "copy";
  readonly sources: readonly Source[];
  /** As written: absolute or relative to the working directory of the image. */
  readonly dest: string;
  readonly owner?: Owner;
  readonly mode?: Mode;
  /** Patterns in `.dockerignore` grammar, relative to each source. */
  readonly exclude?: readonly string[];
  /** Bytes. */
  readonly maxFileSize?: number;
}

/** Copies one executable and proves from its ELF header that it can run in this image. */
export interface BinaryStep extends Placed {
  readonly kind: "binary";
  readonly source: Source;
  readonly dest: string;
  readonly owner?: Owner;
  readonly mode: Mode;
}

/** Writes a file with contents from the description. */
export interface WriteStep extends Placed {
  readonly kind: "write";
  readonly path: string;
  readonly contents: string | Uint8Array;
  readonly owner?: Owner;
  readonly mode: Mode;
}

/** Makes a directory (and the parents it lacks, as root 0755). One that exists gets the mode and owner asked for. */
export interface MkdirStep extends Placed {
  readonly kind: "mkdir";
  readonly path: string;
  readonly owner?: Owner;
  readonly mode: Mode;
}

/** Makes a symbolic link at `path` that says `target`. */
export interface SymlinkStep extends Placed {
  readonly kind: "symlink";
  readonly target: string;
  readonly path: string;
  readonly owner?: Owner;
}

/** Removes a file or a directory with all in it. What a lower layer holds stays in that layer's bytes. */
export interface RemoveStep extends Placed {
  readonly kind: "remove";
  readonly path: string;
}

/** Changes permission bits. */
export interface ChmodStep extends Placed {
  readonly kind: "chmod";
  readonly path: string;
  readonly mode: Mode;
  readonly recursive?: boolean;
}

/** Changes the owner. */
export interface ChownStep extends Placed {
  readonly kind: "chown";
  readonly path: string;
  readonly owner: Owner;
  readonly recursive?: boolean;
}

/** Fetches one file and verifies its sha256, its own or that of the lock. */
export interface AddStep extends Placed {
  readonly kind: "add";
  readonly url: string;
  readonly dest: string;
  /** 64 lower-case hex characters; the lock's where there is none. */
  readonly sha256?: string;
  readonly owner?: Owner;
  readonly mode?: Mode;
}

/** Something a run step sees while it runs and that never becomes part of the layer. */
export type RunMount =
  | {
      readonly type: "cache";
      readonly target: string;
      readonly id?: string;
      readonly sharing?: "shared" | "private" | "locked";
    }
  | { readonly type: "bind"; readonly target: string; readonly source: Source; readonly writable?: boolean }
  | { readonly type: "tmpfs"; readonly target: string; readonly sizeBytes?: number }
  | {
      readonly type: "secret";
      readonly id: string;
      readonly target?: string;
      readonly env?: string;
      readonly required?: boolean;
    }
  | { readonly type: "ssh"; readonly id?: string };

/** Files of the context or of another image that a command sees in the place of a directory. */
export type BindMount = Extract<RunMount, { type: "bind" }>;

/** Runs a command: a string by the image's shell, an array as it is. */
export interface RunStep extends Placed {
  readonly kind: "run";
  readonly command: string | readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly workdir?: string;
  readonly user?: string;
  /** True when what a package manager leaves behind is meant to stay in the layer. */
  readonly keepLeftovers?: boolean;
  readonly network?: "none" | "host" | "default";
  readonly mounts?: readonly RunMount[];
  readonly timeout?: number;
}

/** Lets tools of the machine that builds change the image's root file system. */
export interface HostRunStep extends Placed {
  readonly kind: "hostRun";
  /** The program and its arguments, or the name of a function of this process. */
  readonly command: readonly string[] | { readonly function: string };
  readonly env?: Readonly<Record<string, string>>;
  /** Programs that have to be on this machine. */
  readonly tools?: readonly string[];
  /** Text that stands for what the result depends on beside the command. */
  readonly key?: string;
}

/** Sets environment variables. Values are literal: a `$` stays a `$`. */
export interface EnvStep extends Placed {
  readonly kind: "env";
  readonly variables: Readonly<Record<string, string>>;
}

/** Sets the working directory and makes it where it is missing, owned by the image's user at that point. */
export interface WorkdirStep extends Placed {
  readonly kind: "workdir";
  /** As written: absolute, or relative to the working directory before. */
  readonly path: string;
}

/** Sets the user (and group) that commands run as. */
export interface UserStep extends Placed {
  readonly kind: "user";
  /** `name`, `uid`, `name:group` or `uid:gid`. */
  readonly user: string;
}

/** Sets the entry point; a command inherited from the base is dropped, as Docker does. */
export interface EntrypointStep extends Placed {
  readonly kind: "entrypoint";
  readonly args: readonly string[];
}

/** Sets the default command or the entry point's arguments. */
export interface CmdStep extends Placed {
  readonly kind: "cmd";
  readonly args: readonly string[];
}

/** Sets the shell that later string commands run under. */
export interface ShellStep extends Placed {
  readonly kind: "shell";
  readonly args: readonly string[];
}

/** Documents ports that the image listens on. */
export interface ExposeStep extends Placed {
  readonly kind: "expose";
  /** `80/tcp`, with ranges already spelled out. */
  readonly ports: readonly string[];
}

/** Declares mount points for data. */
export interface VolumeStep extends Placed {
  readonly kind: "volume";
  readonly paths: readonly string[];
}

/** Sets labels of the image config. */
export interface LabelStep extends Placed {
  readonly kind: "label";
  readonly labels: Readonly<Record<string, string>>;
}

/** Sets annotations of the image manifest. A Dockerfile cannot carry them; the build command does. */
export interface AnnotationStep extends Placed {
  readonly kind: "annotation";
  readonly annotations: Readonly<Record<string, string>>;
}

/** Sets the signal that stops the container. */
export interface StopSignalStep extends Placed {
  readonly kind: "stopSignal";
  readonly signal: string;
}

/** Sets how health is probed; `null` switches an inherited probe off. */
export interface HealthcheckStep extends Placed {
  readonly kind: "healthcheck";
  readonly check: {
    readonly test: readonly string[];
    readonly intervalMs?: number;
    readonly timeoutMs?: number;
    readonly startPeriodMs?: number;
    readonly retries?: number;
  } | null;
}

/** Lets a finding of a policy stand, and says why. It changes nothing of the image. */
export interface SuppressStep extends Placed {
  readonly kind: "suppress";
  /** The finding's code, as `NO_SHELL`. */
  readonly code: string;
  readonly reason: string;
}

/** Every kind of step: the type makes sure that none is forgotten. True for those that make a layer. */
const KINDS: Readonly<Record<Step["kind"], boolean>> = {
  add: true,
  annotation: false,
  binary: true,
  chmod: true,
  chown: true,
  cmd: false,
  copy: true,
  entrypoint: false,
  env: false,
  expose: false,
  healthcheck: false,
  hostRun: true,
  label: false,
  layer: true,
  mkdir: true,
  platform: true,
  remove: true,
  run: true,
  shell: false,
  stopSignal: false,
  suppress: false,
  symlink: true,
  user: false,
  volume: false,
  workdir: false,
  write: true,
} satisfies Record<Step["kind"], boolean> & Record<FileStep["kind"], true>;

/** The names of all kinds of step. */
export const stepKinds: readonly string[] = Object.keys(KINDS);

/** True when a step changes files, and so makes a layer. */
export function makesLayer(step: Step): boolean {
  return KINDS[step.kind];
}
