import { openBase } from "../layer/open-layer.js";
import type { Plan, PlanBase, Stage } from "../plan/plan.js";
import { factsOf } from "./facts/base-facts.js";
import type { BuildPorts } from "./ports.js";
import { baseLocation } from "./stages/open-base.js";
import { withOrigin } from "./with-origin.js";

/**
 * The plan with `known` in every base on disk: its config, what it has at the paths that the plan touches, the
 * accounts that the plan names. Of a base only the index of its layers is read, and that from the store once it was.
 *
 * @param folder where relative base paths start, absolute
 */
export async function resolveBases(
  plan: Plan,
  ports: Pick<BuildPorts, "bases" | "store">,
  folder: string,
): Promise<Plan> {
  const stages: Stage[] = [];
  for (const stage of plan.stages) {
    const base = await withOrigin(stage.origin, () => resolveBase(stage, plan, ports, folder));
    stages.push({ ...stage, base });
  }
  return { ...plan, stages };
}

async function resolveBase(
  stage: Stage,
  plan: Plan,
  ports: Pick<BuildPorts, "bases" | "store">,
  folder: string,
): Promise<PlanBase> {
  const { base } = stage;
  if (base.kind !== "layout" && base.kind !== "archive" && base.kind !== "rootfs") return base;
  const image = await ports.bases.open(baseLocation(base, folder), plan.platform);
  try {
    const opened = await openBase(image.layers, ports.store);
    try {
      const standing = plan.stages.filter((other) => standsOn(other, stage, plan));
      return { ...base, known: await factsOf(opened.tree, image.config.config ?? {}, standing) };
    } finally {
      await opened.close();
    }
  } finally {
    await image.close();
  }
}

/** Whether a stage is this one or is built on it, so that its paths go through the same base. */
function standsOn(stage: Stage, lowest: Stage, plan: Plan): boolean {
  let here: Stage | undefined = stage;
  for (let steps = 0; here !== undefined && steps <= plan.stages.length; steps++) {
    if (here.id === lowest.id) return true;
    const { base }: Stage = here;
    here = base.kind === "stage" ? plan.stages.find(({ id }) => id === base.stage) : undefined;
  }
  return false;
}
