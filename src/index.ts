/**
 * Container images as TypeScript values: one description, an optimized Dockerfile or the OCI image itself.
 *
 * @packageDocumentation
 */
export {
  diff,
  priceSquash,
  report,
  type ShareOptions,
  type ShareResult,
  share,
  type WasteOptions,
  waste,
} from "./api/analyze.js";
export { build, check, load, push } from "./api/build.js";
export { dockerfile } from "./api/dockerfile.js";
export { lock } from "./api/lock.js";
export { plan } from "./api/plan.js";
export { copy, login, logout, pull, rebase } from "./api/registry.js";
export { synth } from "./api/synth.js";
export { Catalog, isCatalog } from "./catalog/catalog.js";
export type { CatalogOptions } from "./catalog/catalog-options.js";
export { matrix } from "./catalog/matrix.js";
export type { ErrorCode } from "./errors/catalogue.js";
export {
  DefinitionError,
  EnvironmentError,
  IntegrityError,
  isLayerwrightError,
  LayerwrightError,
  PlanError,
  RegistryError,
  StepError,
} from "./errors/layerwright-error.js";
export type { Origin } from "./errors/origin.js";
export { Base, isBase } from "./image/base.js";
export { Image, isImage, type Recipe } from "./image/image.js";
export type { SquashPolicy } from "./image/nodes.js";
export { context, isContextFolder } from "./image/sources.js";
export * as steps from "./image/steps.js";
export { hostPlatform, type Platform, parsePlatform, platformText } from "./oci/platform.js";
export { canonicalReference, familiarReference, parseReference, type Reference } from "./oci/reference.js";
export type { Plan } from "./plan/plan.js";
export { noSecrets } from "./policy/no-secrets.js";
export {
  allowedRegistries,
  fixedPackageVersions,
  labelsRequired,
  pinnedBases,
} from "./policy/origin-policies.js";
export { isPolicy, type Policy, policy } from "./policy/policy.js";
export { nonRoot, noSetuid, noShell } from "./policy/privilege-policies.js";
export { maxGrowth, maxLayers, maxSize, maxWaste } from "./policy/size-policies.js";
export type { Progress, ProgressEvent } from "./ports/progress.js";
export type { DiffOptions } from "./project/diff.js";
export type { DockerfileVerbOptions } from "./project/dockerfile.js";
export type { CheckOptions, CheckResult } from "./project/gate/check.js";
export type { LoadOptions, LoadResult } from "./project/load.js";
export type { LockResult, LockVerbOptions } from "./project/lock/lock.js";
export type { BuildOptions, BuildResult, OutputTarget, PlatformsBuildOptions } from "./project/options.js";
export type { PlanOptions } from "./project/prepare/prepare.js";
export type { PushOptions, PushResult } from "./project/push.js";
export type { ReportOptions } from "./project/report.js";
export type { SynthOptions, SynthResult } from "./project/synthesize.js";
export { apk } from "./recipes/apk.js";
export { apt } from "./recipes/apt.js";
export { debian, fedora } from "./recipes/bases.js";
export { caCertificates } from "./recipes/ca-certificates.js";
export { cargo } from "./recipes/cargo.js";
export { composer } from "./recipes/composer.js";
export { download } from "./recipes/download.js";
export { gem } from "./recipes/gem.js";
export { go } from "./recipes/go.js";
export { npm, pnpm, yarn } from "./recipes/node.js";
export { tmpDir } from "./recipes/non-root.js";
export { pip, uv } from "./recipes/python.js";
export { dnf, microdnf, yum, zypper } from "./recipes/rpm.js";
export { timezones } from "./recipes/timezones.js";
export type * as Catalogs from "./types/catalogs.js";
export type * as Locks from "./types/locks.js";
export type * as Nodes from "./types/nodes.js";
export type * as Oci from "./types/oci.js";
export type * as Plans from "./types/plans.js";
export type * as Policies from "./types/policies.js";
export type * as Recipes from "./types/recipes.js";
export type * as Reports from "./types/reports.js";
export type * as Verbs from "./types/verbs.js";
