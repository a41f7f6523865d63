import type { Plan } from "../../plan/plan.js";

/** What the base of a planned image is called: its reference or its path; undefined for scratch. */
export function baseOfPlan({ stages }: Plan): string | undefined {
  let base = stages.at(-1)?.base;
  while (base?.kind === "stage") {
    const { stage } = base;
    base = stages.find(({ id }) => id === stage)?.base;
  }
  if (base === undefined || base.kind === "scratch") return undefined;
  return base.kind === "registry" ? base.reference : ("reference" in base && base.reference) || base.path;
}
