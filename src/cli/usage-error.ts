import type { ErrorCode } from "../errors/catalogue.js";
import { LayerwrightError } from "../errors/layerwright-error.js";

/** The command line itself is wrong; the exit code is 2. */
export class UsageError<Code extends ErrorCode = ErrorCode> extends LayerwrightError<Code> {}
