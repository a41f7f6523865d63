import { deepFreeze } from "../../core/freeze.js";
import type { Origin } from "../../errors/origin.js";
import { beginCall } from "../call.js";
import { parseLabels, recordOf, type StringPairs } from "../string-record.js";

/** Sets labels of the image config. */
export interface LabelStep {
  readonly kind: "label";
  readonly labels: Readonly<Record<string, string>>;
  readonly origin?: Origin;
}

/**
 * Makes the step that sets labels of the image config, which `docker inspect` shows.
 *
 * @throws {DefinitionError} LABEL_INVALID, ARGUMENT_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.scratch().step(steps.label("org.opencontainers.image.source", "https://example.org/app"));
 * ```
 */
export function label(...pair: StringPairs): LabelStep {
  const call = beginCall("label");
  const record = recordOf(call, "labels", pair[0], pair[1], pair.length);
  return deepFreeze({ kind: "label", labels: parseLabels(call, record), origin: call.origin });
}
