/**
 * Container images as TypeScript values: one description, an optimized Dockerfile or the OCI image itself.
 *
 * @packageDocumentation
 */
export { build } from "./api/build.js";
export type { BuildOptions, BuildResult, BuiltLayer, OutputTarget } from "./api/build-types.js";
export { type DockerfileVerbOptions, dockerfile } from "./api/dockerfile.js";
export { plan } from "./api/plan.js";
export type { PlanOptions } from "./api/plan-image.js";
export { type SynthesizedImage, type SynthOptions, type SynthResult, synth } from "./api/synth.js";
export { Catalog, type CatalogOptions, isCatalog } from "./catalog/catalog.js";
export type { ErrorCode } from "./errors/catalogue.js";
export {
  DefinitionError,
  EnvironmentError,
  IntegrityError,
  isLayerwrightError,
  LayerwrightError,
  PlanError,
} from "./errors/layerwright-error.js";
export type { Origin } from "./errors/origin.js";
export { Base, isBase } from "./image/base.js";
export { type ContextFolder, context } from "./image/context.js";
export { Image, isImage, type Recipe } from "./image/image.js";
export type { SquashPolicy } from "./image/squash-policy.js";
export * as steps from "./image/steps/steps.js";
export { hostPlatform, type Platform, parsePlatform, platformText } from "./oci/platform.js";
export { canonicalReference, familiarReference, parseReference, type Reference } from "./oci/reference.js";
export type { Plan } from "./plan/plan.js";
export type { Progress, ProgressEvent } from "./ports/progress.js";
export { apk } from "./recipes/apk.js";
export { apt } from "./recipes/apt.js";
export { type CaCertificatesOptions, caCertificates } from "./recipes/ca-certificates.js";
export { dnf } from "./recipes/dnf.js";
export { type NonRootOptions, nonRoot } from "./recipes/non-root.js";
export { type NpmCiOptions, type NpmInstallOptions, npm } from "./recipes/npm.js";
export { type PipInstallOptions, pip } from "./recipes/pip.js";
export { type TimezonesOptions, timezones } from "./recipes/timezones.js";
export { tmpDir } from "./recipes/tmp-dir.js";
