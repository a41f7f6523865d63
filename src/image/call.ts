import type { ErrorCode, ErrorParameters } from "../errors/catalogue.js";
import { DefinitionError } from "../errors/layerwright-error.js";
import type { Origin } from "../errors/origin.js";
import { captureOrigin } from "./capture-origin.js";

/** A builder call in progress: its name as the user wrote it, and where. Every mistake found in it says both. */
export interface Call {
  readonly name: string;
  readonly origin: Origin;
}

/** Opens a builder call. */
export function beginCall(name: string): Call {
  return { name, origin: captureOrigin(beginCall) };
}

/** Ends a builder call with a coded error at the user's line. */
export function refuse<Code extends ErrorCode>(
  call: Call,
  code: Code,
  parameters: ErrorParameters<Code>,
  subject: string = call.name,
): never {
  throw new DefinitionError(code, parameters, { subject, origin: call.origin });
}
