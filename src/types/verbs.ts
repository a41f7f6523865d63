/** Parts of the options and results of verbs. */
export type { EngineName } from "../adapters/outputs/engine-place.js";
export type { RegistrySettings } from "../adapters/registry-http/settings.js";
export type { SecretPlace } from "../adapters/secrets-node/node-secrets.js";
export type { PriceSquashOptions } from "../api/analyze.js";
export type { LoginInput, LoginOptions, LoginResult, LogoutResult } from "../api/registry.js";
export type { DialectName, FrontendVersion } from "../dockerfile/instruction.js";
export type { OwnLayer, UnsafeLayer } from "../engine/rebase/judge-layers.js";
export type { ErrorContext, StepFailure } from "../errors/layerwright-error.js";
export type { PushedImage, PushReport } from "../ports/image-output.js";
export type { DockerfileStyle } from "../project/dockerfile.js";
export type { LoadedImageResult } from "../project/load.js";
export type { BuiltLayer, LockOptions, LockPlace } from "../project/options.js";
export type { CopyResult } from "../project/registry/copy.js";
export type { CopyOptions } from "../project/registry/copy-contents.js";
export type { RegistryOptions } from "../project/registry/open-registry.js";
export type { PullOptions, PullResult } from "../project/registry/pull.js";
export type {
  BaseLayerChange,
  RebasedPlatform,
  RebaseOptions,
  RebaseResult,
} from "../project/registry/rebase.js";
export type { SynthesizedImage } from "../project/synth-directory.js";
