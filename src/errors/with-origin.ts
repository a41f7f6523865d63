import { isLayerwrightError } from "./layerwright-error.js";
import { type Origin, originText } from "./origin.js";

/** Runs a step and gives the errors of what it calls, which know no step, the user's line. */
export async function withOrigin<Result>(
  origin: Origin | undefined,
  step: () => Result | Promise<Result>,
): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    throw placed(error, origin);
  }
}

/** The same for a step that is done at once. */
export function withOriginSync<Result>(origin: Origin | undefined, step: () => Result): Result {
  try {
    return step();
  } catch (error) {
    throw placed(error, origin);
  }
}

/** The same error, which says the place if it says none yet. */
function placed(error: unknown, origin: Origin | undefined): unknown {
  if (origin === undefined || !isLayerwrightError(error) || error.origin !== undefined) return error;
  return Object.assign(error, { origin, message: `${error.shortMessage} (at ${originText(origin)})` });
}
