import { beginCall } from "../../image/call.js";
import type { RuntimeConfig } from "../../oci/image-config.js";
import { readTexts } from "../limit.js";
import { makePolicy, type Policy, type PolicyOptions } from "../policy.js";
import type { PolicyImage } from "../policy-image.js";

/**
 * An image has all of these labels, none of them empty: `LABELS_REQUIRED`, one finding a label. Where a label could come
 * from the base, the built image is looked at.
 *
 * @throws {DefinitionError} POLICY_INVALID, OPTION_UNKNOWN
 * @example
 * ```ts
 * import { Catalog, Image, labelsRequired } from "layerwright";
 *
 * const source = "org.opencontainers.image.source";
 * const app = Image.scratch().write("/app", "1").label(source, "https://example.com/acme/app");
 * export default new Catalog("acme", { app }, { policies: [labelsRequired([source])] });
 * ```
 */
export function labelsRequired(labels: readonly string[], options: PolicyOptions = {}): Policy {
  const call = beginCall("labelsRequired");
  const wanted = readTexts(call, "labels", labels);
  const missing = ({ Labels = {} }: RuntimeConfig) =>
    wanted.filter((label) => (Labels?.[label] ?? "") === "");
  const findings = (config: RuntimeConfig, originOf: PolicyImage["originOf"]) =>
    missing(config).map((label) => ({
      message: `it has no label ${label}`,
      fix: `add .label(${JSON.stringify(label)}, "…")`,
      origin: originOf("label"),
    }));
  return makePolicy(
    call,
    "LABELS_REQUIRED",
    {
      plan: ({ config, configIsWhole, originOf }) => (configIsWhole ? findings(config, originOf) : undefined),
      needsBuilt: ({ config, configIsWhole }) => !configIsWhole && missing(config).length > 0,
      built: ({ config, originOf }) => findings(config, originOf),
    },
    options,
  );
}
