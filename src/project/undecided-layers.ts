import type { Origin } from "../errors/origin.js";
import { isUndecided } from "../plan/layering.js";
import { baseStages, type Plan } from "../plan/plan.js";

/** What is said of an image with squash `"auto"` that nobody has decided about. */
export function undecidedLayers(
  plans: readonly Plan[],
): { readonly message: string; readonly origin?: Origin }[] {
  return plans.flatMap((plan) =>
    baseStages(plan)
      .filter(isUndecided)
      .map(({ layers }) => {
        const origin = layers[0]?.operations[0]?.origin;
        const message =
          'its layers are those of squash "keep" until "auto" is decided: `layerwright lock` does that';
        return origin === undefined ? { message } : { message, origin };
      }),
  );
}
