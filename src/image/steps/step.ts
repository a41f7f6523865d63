import type { AddStep } from "./add-step.js";
import type { AnnotationStep } from "./annotation-step.js";
import type { BinaryStep } from "./binary-step.js";
import type { ChmodStep } from "./chmod-step.js";
import type { ChownStep } from "./chown-step.js";
import type { CmdStep } from "./cmd-step.js";
import type { CopyStep } from "./copy-step.js";
import type { EntrypointStep } from "./entrypoint-step.js";
import type { EnvStep } from "./env-step.js";
import type { ExposeStep } from "./expose-step.js";
import type { HealthcheckStep } from "./healthcheck-step.js";
import type { HostRunStep } from "./host-run-step.js";
import type { LabelStep } from "./label-step.js";
import type { LayerStep } from "./layer-step.js";
import type { MkdirStep } from "./mkdir-step.js";
import type { PlatformStep } from "./platform-step.js";
import type { RemoveStep } from "./remove-step.js";
import type { RunStep } from "./run-step.js";
import type { ShellStep } from "./shell-step.js";
import type { StopSignalStep } from "./stop-signal-step.js";
import type { SuppressStep } from "./suppress-step.js";
import type { SymlinkStep } from "./symlink-step.js";
import type { UserStep } from "./user-step.js";
import type { VolumeStep } from "./volume-step.js";
import type { WorkdirStep } from "./workdir-step.js";
import type { WriteStep } from "./write-step.js";

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
