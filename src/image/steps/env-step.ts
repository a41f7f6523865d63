import { deepFreeze } from "../../core/freeze.js";
import type { Origin } from "../../errors/origin.js";
import { beginCall } from "../call.js";
import { parseVariables, recordOf, type StringPairs } from "../string-record.js";

/** Sets environment variables. Values are literal: a `$` stays a `$`. */
export interface EnvStep {
  readonly kind: "env";
  readonly variables: Readonly<Record<string, string>>;
  readonly origin?: Origin;
}

/**
 * Makes the step that sets environment variables, for run steps after it and for the container. Values are literal:
 * a `$` stays a `$`. They are part of the published image, so a secret has no place in them.
 *
 * @throws {DefinitionError} ENV_NAME_INVALID, ENV_VALUE_INVALID, ARGUMENT_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.scratch().step(steps.env({ NODE_ENV: "production", PORT: "8080" }));
 * ```
 */
export function env(...pair: StringPairs): EnvStep {
  const call = beginCall("env");
  const record = recordOf(call, "variables", pair[0], pair[1], pair.length);
  return deepFreeze({ kind: "env", variables: parseVariables(call, record), origin: call.origin });
}
