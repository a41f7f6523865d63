import type { Origin } from "../errors/origin.js";
import type { HealthcheckConfig } from "../oci/image-config.js";

/** One change of the runtime config. Applied in order to the base's config by `applyConfig`. */
export type ConfigChange = { readonly origin?: Origin } & (
  | { readonly set: "env"; readonly name: string; readonly value: string }
  | { readonly set: "label"; readonly name: string; readonly value: string }
  | { readonly set: "annotation"; readonly name: string; readonly value: string }
  | { readonly set: "workdir"; readonly path: string }
  | { readonly set: "user"; readonly user: string }
  | { readonly set: "entrypoint"; readonly args: readonly string[] }
  | { readonly set: "cmd"; readonly args: readonly string[] }
  | { readonly set: "expose"; readonly port: string }
  | { readonly set: "volume"; readonly path: string }
  | { readonly set: "stopSignal"; readonly signal: string }
  | { readonly set: "healthcheck"; readonly check: HealthcheckConfig }
  | { readonly set: "shell"; readonly args: readonly string[] }
);
