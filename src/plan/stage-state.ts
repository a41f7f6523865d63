import { resolvePath } from "../core/posix-path.js";
import { PlanError } from "../errors/layerwright-error.js";
import type { Origin } from "../errors/origin.js";

/** What the steps so far mean for the next one. Immutable: every change gives a new state. */
export interface StageState {
  /** How messages call the base. */
  readonly baseLabel: string;
  /** The working folder, absolute; undefined where only the base knows it. */
  readonly workdir?: string;
  /** True when this image itself set the working folder. */
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
 * @throws {PlanError} RELATIVE_NEEDS_WORKDIR when it is relative and the working folder is not known
 */
export function resolveInState(state: StageState, path: string, origin: Origin | undefined): string {
  if (!path.startsWith("/") && state.workdir === undefined) {
    throw new PlanError("RELATIVE_NEEDS_WORKDIR", { path, base: state.baseLabel }, { subject: path, origin });
  }
  return resolvePath(state.workdir ?? "/", path);
}
