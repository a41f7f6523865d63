/**
 * Container images as TypeScript values: one description, an optimized Dockerfile or the OCI image itself.
 *
 * @packageDocumentation
 */
export type { EngineName } from "./adapters/outputs/engine-place.js";
export type { RegistrySettings } from "./adapters/registry-http/settings.js";
export type { SecretPlace } from "./adapters/secrets-node/node-secrets.js";
export type { ConfigDifference } from "./analyze/difference/config-difference.js";
export type { FileAspect, FileDifference, FileState } from "./analyze/difference/file-differences.js";
export type {
  DifferenceGap,
  DifferenceSide,
  ImageDifference,
} from "./analyze/difference/image-difference.js";
export type { LayerDifference, LayerState } from "./analyze/difference/layer-difference.js";
export type { PackageDifference, PackageKind } from "./analyze/difference/package-differences.js";
export type { FinalFile, ObservedEntry, ObservedImage, ObservedLayer } from "./analyze/observed-image.js";
export type { FoundSecret } from "./analyze/secrets/find-secrets.js";
export type {
  ImageShare,
  LayerBytes,
  LayerShare,
  PullBytes,
  SharedWith,
  Sharing,
  SharingNode,
} from "./analyze/sharing/share-images.js";
export type { SquashPrice, SquashPrices } from "./analyze/sharing/squash-prices.js";
export type {
  OwnWaste,
  WasteKind,
  WasteLayer,
  WastePlace,
  WasteReport,
  WasteRow,
} from "./analyze/waste/waste-report.js";
export {
  diff,
  type PriceSquashOptions,
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
export {
  copy,
  type LoginInput,
  type LoginOptions,
  type LoginResult,
  type LogoutResult,
  login,
  logout,
  pull,
  rebase,
} from "./api/registry.js";
export { synth } from "./api/synth.js";
export type { TarEntry, TarEntryType } from "./archive/tar-entry.js";
export type { CatalogEntries, ImageNames } from "./catalog/catalog.js";
export { Catalog, type CatalogConstructor, isCatalog } from "./catalog/catalog.js";
export type { CatalogOptions, MapOptions } from "./catalog/catalog-options.js";
export {
  type MatrixAxes,
  type MatrixNames,
  type MatrixOptions,
  type MatrixValues,
  matrix,
} from "./catalog/matrix.js";
export type { DialectName, FrontendVersion } from "./dockerfile/instruction.js";
export type { OwnLayer, UnsafeLayer } from "./engine/rebase/judge-layers.js";
export type { ErrorCode } from "./errors/catalogue.js";
export type { ErrorContext } from "./errors/layerwright-error.js";
export {
  DefinitionError,
  EnvironmentError,
  IntegrityError,
  isLayerwrightError,
  LayerwrightError,
  PlanError,
  RegistryError,
  StepError,
  type StepFailure,
} from "./errors/layerwright-error.js";
export type { Origin } from "./errors/origin.js";
export {
  Base,
  isBase,
  type LocalBaseOptions,
  type RegistryBaseOptions,
  type RootfsBaseOptions,
} from "./image/base.js";
export type { HostFunction, HostRunContext } from "./image/host-functions.js";
export { Image, isImage, type PlatformRecipes, type Recipe } from "./image/image.js";
export type { Mode, ModeInput } from "./image/mode.js";
export type {
  ArchiveBase,
  BaseNode,
  BindMount,
  ContextSource,
  ImageNode,
  ImageSource,
  LayoutBase,
  NamedContext,
  ParentBase,
  RegistryBase,
  RootfsBase,
  ScratchBase,
  Source,
  SquashPolicy,
} from "./image/nodes.js";
export type { Owner, OwnerInput } from "./image/owner.js";
export type { MountInput } from "./image/run-steps.js";
export type { SourceInput } from "./image/sources.js";
export { type ContextFolder, context, isContextFolder } from "./image/sources.js";
export * as steps from "./image/steps.js";
export type { StringPairs } from "./image/strings.js";
export type { LockedCertificates, LockedEncoder, LockedFile, LockedLayering } from "./lock/lock.js";
export type {
  CertificatesChange,
  EncoderChange,
  FileChange,
  ImageChange,
  LayeringChange,
  LockChange,
  LockedState,
} from "./lock/lock-diff.js";
export type { LockEntry } from "./lock/lock-needs.js";
export type { PackageChange } from "./lock/package-list.js";
export type { BaseIdentity, BaseUse } from "./oci/base-annotations.js";
export type { Digest } from "./oci/digest.js";
export type { HealthcheckConfig, HistoryEntry, ImageConfig, RuntimeConfig } from "./oci/image-config.js";
export type { Descriptor } from "./oci/manifest.js";
export { hostPlatform, type Platform, parsePlatform, platformText } from "./oci/platform.js";
export { canonicalReference, familiarReference, parseReference, type Reference } from "./oci/reference.js";
export type { ConfigChange } from "./plan/config.js";
export type { StageLayering } from "./plan/layering.js";
export type * from "./plan/operation.js";
export type { PassRecord, PassWarning } from "./plan/passes/pass.js";
export type {
  BaseFacts,
  KnownBase,
  KnownPath,
  Layer,
  LostAttributes,
  Plan,
  PlanBase,
  RegistryPlanBase,
  Stage,
} from "./plan/plan.js";
export { type NoSecretsOptions, noSecrets } from "./policy/no-secrets.js";
export {
  allowedRegistries,
  type FixedPackageVersionsOptions,
  fixedPackageVersions,
  labelsRequired,
  pinnedBases,
} from "./policy/origin-policies.js";
export type { Finding, JudgedFinding, PlacedSuppression, Severity, Suppression } from "./policy/policy.js";
export {
  isPolicy,
  type Policy,
  type PolicyAnswer,
  type PolicyChecks,
  type PolicyFinding,
  type PolicyOptions,
  policy,
} from "./policy/policy.js";
export type {
  BuiltPolicyImage,
  EarlierBuild,
  PolicyBase,
  PolicyBuiltImage,
  PolicyCommand,
  PolicyImage,
} from "./policy/policy-image.js";
export { type NoSetuidOptions, nonRoot, noSetuid, noShell } from "./policy/privilege-policies.js";
export { type MaxSizeOptions, maxGrowth, maxLayers, maxSize, maxWaste } from "./policy/size-policies.js";
export type { PushedImage, PushReport } from "./ports/image-output.js";
export type { Progress, ProgressEvent } from "./ports/progress.js";
export type { DiffOptions } from "./project/diff.js";
export type { DockerfileStyle, DockerfileVerbOptions } from "./project/dockerfile.js";
export type { CheckOptions, CheckResult } from "./project/gate/check.js";
export type { LoadedImageResult, LoadOptions, LoadResult } from "./project/load.js";
export type { DescribedChange, LockResult, LockVerbOptions } from "./project/lock/lock.js";
export type {
  BuildOptions,
  BuildResult,
  BuiltLayer,
  LockOptions,
  LockPlace,
  OutputTarget,
  PlatformsBuildOptions,
} from "./project/options.js";
export type { PlanOptions } from "./project/prepare.js";
export type { PushOptions, PushResult } from "./project/push.js";
export type { CopyResult } from "./project/registry/copy.js";
export type { CopyOptions } from "./project/registry/copy-contents.js";
export type { RegistryOptions } from "./project/registry/open-registry.js";
export type { PullOptions, PullResult } from "./project/registry/pull.js";
export type {
  BaseLayerChange,
  RebasedPlatform,
  RebaseOptions,
  RebaseResult,
} from "./project/registry/rebase.js";
export type { ReportedImage, ReportOptions, ReportResult } from "./project/report.js";
export type { SynthesizedImage } from "./project/synth-directory.js";
export type { SynthOptions, SynthResult } from "./project/synthesize.js";
export { apk } from "./recipes/apk.js";
export { apt } from "./recipes/apt.js";
export {
  type DebianBootstrapOptions,
  debian,
  type FedoraInstallrootOptions,
  type FedoraRepository,
  fedora,
} from "./recipes/bases.js";
export { type CaCertificatesOptions, caCertificates } from "./recipes/ca-certificates.js";
export { type CargoBuildOptions, cargo } from "./recipes/cargo.js";
export type {
  CacheOptions,
  DocumentationOptions,
  LogOptions,
  ProjectOptions,
} from "./recipes/cleaned-run.js";
export { composer } from "./recipes/composer.js";
export { type DownloadOptions, download } from "./recipes/download.js";
export { gem } from "./recipes/gem.js";
export { type GoBuildOptions, go } from "./recipes/go.js";
export { type NpmInstallOptions, npm, pnpm, yarn } from "./recipes/node.js";
export type { NonRootOptions } from "./recipes/non-root.js";
export { tmpDir } from "./recipes/non-root.js";
export type { PackageArguments, PackageSpec } from "./recipes/package-list.js";
export {
  type PipInstallOptions,
  pip,
  type UvInstallOptions,
  type UvSyncOptions,
  uv,
} from "./recipes/python.js";
export { dnf, microdnf, yum, zypper } from "./recipes/rpm.js";
export { type TimezonesOptions, timezones } from "./recipes/timezones.js";
