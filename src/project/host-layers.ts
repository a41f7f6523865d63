import { encoderFor } from "../archive/compression.js";
import { buildImage } from "../engine/build-image.js";
import type { HostRunOperation } from "../plan/operation.js";
import type { Plan, Stage } from "../plan/plan.js";
import { type WorkspaceOptions, withWorkspace } from "./workspace.js";

type HostLayer = NonNullable<HostRunOperation["layer"]>;

/** True when tools of the host make a part of an image. */
export function hasHostRun(plan: Plan): boolean {
  return plan.stages.some((stage) => lastHostRun(stage) >= 0);
}

/**
 * Runs the host commands of a plan, so that a Dockerfile can add what they made. Their layers are plain tars in the
 * store; what ran before is recalled.
 */
export async function withHostLayers(plan: Plan, options: WorkspaceOptions): Promise<Plan> {
  const layers = new Map<HostRunOperation, HostLayer>();
  await withWorkspace(options, async ({ context, portsFor }) => {
    for (const [index, stage] of plan.stages.entries()) {
      const last = lastHostRun(stage);
      if (last < 0) continue;
      // No further than the last host command: what comes later is the builder's.
      const upTo: Stage = { ...stage, layers: stage.layers.slice(0, last + 1), squash: "keep" };
      const part: Plan = { ...plan, stages: [...plan.stages.slice(0, index), upTo] };
      const built = await buildImage(part, await portsFor(part), {
        encoder: encoderFor("none"),
        folder: context,
        onHostLayer: (run, layer) => void layers.set(run, layer),
      });
      await built.close();
    }
  });
  const stages = plan.stages.map((stage) => ({
    ...stage,
    layers: stage.layers.map((layer) => ({
      ...layer,
      operations: layer.operations.map((operation) => {
        const made = operation.op === "hostRun" ? layers.get(operation) : undefined;
        return made === undefined ? operation : { ...operation, layer: made };
      }),
    })),
  }));
  return { ...plan, stages };
}

function lastHostRun({ layers }: Stage): number {
  return layers.findLastIndex(({ operations }) => operations.some(({ op }) => op === "hostRun"));
}
