import { baseStages } from "./base-stages.js";
import type { Plan } from "./plan.js";
import type { PassWarning } from "./record.js";

/** The warning for an image whose base has extended attributes that squash `"all"` does not keep, where that is known. */
export function lostAttributes(plan: Plan): readonly PassWarning[] {
  const melting = baseStages(plan).find(({ squash }) => squash === "all");
  let lowest = melting;
  while (lowest?.base.kind === "stage") {
    const { stage } = lowest.base;
    lowest = plan.stages.find(({ id }) => id === stage);
  }
  const base = lowest?.base;
  const lost = base !== undefined && "known" in base ? base.known?.lost : undefined;
  if (melting === undefined || lost === undefined) return [];
  const { names, paths, first } = lost;
  const where = paths === 1 ? first : `${paths} paths, the first is ${first}`;
  const origin = melting.layers.at(-1)?.operations.at(-1)?.origin ?? lowest?.origin;
  return [
    {
      pass: "layers",
      code: "ATTRIBUTES_LOST",
      message: `squash "all" does not keep the base's extended attributes ${names.join(", ")} (${where}): of these a new layer holds security.capability alone; squash "own" leaves the base as it is`,
      ...(origin === undefined ? {} : { origin }),
    },
  ];
}
