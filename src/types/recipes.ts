/** Options of recipes. */
export type { DebianBootstrapOptions, FedoraInstallrootOptions, FedoraRepository } from "../recipes/bases.js";
export type { CaCertificatesOptions } from "../recipes/ca-certificates.js";
export type { CargoBuildOptions } from "../recipes/cargo.js";
export type {
  CacheOptions,
  DocumentationOptions,
  LogOptions,
  ProjectOptions,
} from "../recipes/cleaned-run.js";
export type { DownloadOptions } from "../recipes/download.js";
export type { GoBuildOptions } from "../recipes/go.js";
export type { NpmInstallOptions } from "../recipes/node.js";
export type { NonRootOptions } from "../recipes/non-root.js";
export type { PackageArguments, PackageSpec } from "../recipes/package-list.js";
export type { PipInstallOptions, UvInstallOptions, UvSyncOptions } from "../recipes/python.js";
export type { TimezonesOptions } from "../recipes/timezones.js";
