/** Documents of the OCI image specification, and what names them. */
export type { BaseIdentity, BaseUse } from "../oci/base-annotations.js";
export type { Digest } from "../oci/digest.js";
export type { HealthcheckConfig, HistoryEntry, ImageConfig, RuntimeConfig } from "../oci/image-config.js";
export type { Descriptor } from "../oci/manifest.js";
