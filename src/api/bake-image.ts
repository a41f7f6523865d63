import type { BakeImage } from "../dockerfile/bake-file.js";
import type { EmittedDockerfile } from "../dockerfile/emit-dockerfile.js";
import { platformText } from "../oci/platform.js";
import { operationsOf } from "../plan/assert-plan.js";
import type { RunOperation } from "../plan/operation.js";
import type { Plan } from "../plan/plan.js";
import { stageKeys } from "../plan/stage-keys.js";

/** What the bake file needs of one image: its plans, one a platform, and what they were written as. */
export function bakeImage(
  { name, reference, dockerfile }: Pick<BakeImage, "name" | "reference" | "dockerfile">,
  plans: readonly Plan[],
  emitted: EmittedDockerfile,
  annotations: readonly string[],
): BakeImage {
  const image: Record<string, string> = {};
  const stages: Record<string, Record<string, string>> = {};
  for (const [at, plan] of plans.entries()) {
    const platform = platformText(plan.platform);
    const own = plan.stages.at(-1)!;
    for (const [id, key] of stageKeys(plan)) {
      const stage = emitted.stageNames[at]?.get(id);
      if (id === own.id) image[platform] = key;
      else if (stage !== undefined) stages[stage] = { ...stages[stage], [platform]: key };
    }
  }
  const runs = plans.flatMap(({ stages: all }) => all.flatMap(operationsOf)).filter(isRun);
  const mounts = runs.flatMap((run) => run.mounts ?? []);
  const needed = (type: "secret" | "ssh") =>
    mounts.flatMap((mount) => {
      if (mount.type !== type) return [];
      return mount.type === "secret" && mount.required !== true ? [] : [mount.id ?? "default"];
    });
  return {
    name,
    reference,
    platforms: plans.map(({ platform }) => platformText(platform)),
    dockerfile,
    contexts: Object.fromEntries(emitted.contexts.map(({ name: context, value }) => [context, value])),
    annotations,
    secrets: [...new Set(needed("secret"))],
    ssh: [...new Set(needed("ssh"))],
    hostNetwork: runs.some(({ network }) => network === "host"),
    image,
    stages,
  };
}

function isRun(operation: { readonly op: string }): operation is RunOperation {
  return operation.op === "run";
}
