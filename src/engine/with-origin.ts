import { isLayerwrightError } from "../errors/layerwright-error.js";
import { type Origin, originText } from "../errors/origin.js";

/** Runs a step and gives the errors of what it calls, which know no step, the user's line. */
export async function withOrigin<Result>(
  origin: Origin | undefined,
  step: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    if (origin !== undefined && isLayerwrightError(error) && error.origin === undefined) {
      Object.assign(error, { origin, message: `${error.shortMessage} (at ${originText(origin)})` });
    }
    throw error;
  }
}
