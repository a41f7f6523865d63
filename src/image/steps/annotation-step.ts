import { deepFreeze } from "../../core/freeze.js";
import type { Origin } from "../../errors/origin.js";
import { beginCall } from "../call.js";
import { parseLabels, recordOf, type StringPairs } from "../string-record.js";

/** Sets annotations of the image manifest. A Dockerfile cannot carry them; the build command does. */
export interface AnnotationStep {
  readonly kind: "annotation";
  readonly annotations: Readonly<Record<string, string>>;
  readonly origin?: Origin;
}

/**
 * Makes the step that sets annotations of the image manifest (image-spec annotations.md).
 *
 * @throws {DefinitionError} LABEL_INVALID, ARGUMENT_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.scratch().step(steps.annotation("org.opencontainers.image.vendor", "Acme"));
 * ```
 */
export function annotation(...pair: StringPairs): AnnotationStep {
  const call = beginCall("annotation");
  const record = recordOf(call, "annotations", pair[0], pair[1], pair.length);
  return deepFreeze({ kind: "annotation", annotations: parseLabels(call, record), origin: call.origin });
}
