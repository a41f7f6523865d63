import { resolvePath } from "../core/posix-path.js";
import { PlanError } from "../errors/layerwright-error.js";
import type { Origin } from "../errors/origin.js";
import type { ImageNode, Source } from "../image/nodes.js";
import type { Platform } from "../oci/platform.js";
import type { PlanSource } from "./operation.js";
import type { Stage } from "./plan.js";

/** The state that the next step sees. Immutable: every change gives a new state. */
export interface StageState {
  /** The base's name in messages. */
  readonly baseLabel: string;
  /** The working directory, absolute; undefined where only the base knows it. */
  readonly workdir?: string;
  /** True when this image itself set the working directory. */
  readonly ownWorkdir?: boolean;
  /** The user that this image set. */
  readonly user?: string;
  /** Variables that this image set, in order. */
  readonly env: Readonly<Record<string, string>>;
  readonly shell: readonly string[];
}

/** The shell of string commands unless an image sets another. */
export const DEFAULT_SHELL: readonly string[] = ["/bin/sh", "-c"];

/**
 * A path of a step as an absolute one.
 *
 * @throws {PlanError} RELATIVE_NEEDS_WORKDIR when it is relative and the working directory is not known
 */
export function resolveInState(state: StageState, path: string, origin: Origin | undefined): string {
  if (!path.startsWith("/") && state.workdir === undefined) {
    throw new PlanError("RELATIVE_NEEDS_WORKDIR", { path, base: state.baseLabel }, { subject: path, origin });
  }
  return resolvePath(state.workdir ?? "/", path);
}

/** Lowers what a copy or a mount reads: a cleaned pattern of a context, or a path of another stage. */
export function lowerSource(source: Source, lowering: Lowering, origin: Origin | undefined): PlanSource {
  if (source.from === "image") {
    return { from: "stage", stage: lowering.stageOf(source.image).stage.id, path: source.path };
  }
  const path = cleanRelative(source.path);
  if (source.context === undefined) return { from: "context", path };
  const { name, folder } = source.context;
  return { from: "context", context: lowering.context(name, folder, origin), path };
}

/** `./a//b/` is `a/b`, and the whole directory is `.`; the description has refused `..` and absolute paths. */
function cleanRelative(path: string): string {
  const parts = path.split("/").filter((part) => part !== "" && part !== ".");
  return parts.length === 0 ? "." : parts.join("/");
}

/** The context that the images of one plan are lowered in. */
export interface Lowering {
  readonly platform: Platform;
  readonly place: (origin: Origin | undefined) => Origin | undefined;
  /** The stage of an image, lowered at first use. */
  stageOf(node: ImageNode): LoweredStage;
  /** Registers a named context and gives its name back. */
  context(name: string, folder: string, origin: Origin | undefined): string;
}

/** A stage with the state that a child or a later step sees. */
export interface LoweredStage {
  readonly stage: Stage;
  readonly state: StageState;
}
