import { sha256Hex } from "../core/bytes.js";
import { canonicalJson } from "../core/json.js";
import type { Platform } from "../oci/platform.js";
import { renameBase, renameSources } from "./address.js";
import type { Operation, PlanSource } from "./operation.js";
import type { Plan, Stage } from "./plan.js";

/** The stages of an image for several platforms, where equal ones are there once. */
export interface MergedPlans {
  /** All stages, each after those that it needs; its ids are those of `images` and `platforms`. */
  readonly plan: Plan;
  /** The stage that is the image, by platform. */
  readonly images: readonly { readonly platform: Platform; readonly stage: string }[];
  /** The platforms that a stage is for, by its id. */
  readonly platforms: ReadonlyMap<string, readonly Platform[]>;
  /** What each plan's stages are called here, in the order of the plans: ids by the ids that they had. */
  readonly renamed: readonly ReadonlyMap<string, string>[];
}

/** Where a stage was written, and how its layers came to be: no part of what it does. */
const NOT_COMPARED: ReadonlySet<string> = new Set(["origin", "decided", "settledByBase", "undecidedId"]);

/** A stage without its name, which is no part of what it does either. */
function unnamed({ name: _, ...stage }: Stage): Stage {
  return stage;
}

/**
 * Puts the plans of one image for several platforms together. Stages are the same when they do the same, whatever the
 * lines they were written in; also what is known of their bases and sources has to be the same.
 *
 * @param suffix makes a name of its own for a named context that is another folder on another platform
 */
export function mergePlans(plans: readonly Plan[], suffix: (platform: Platform) => string): MergedPlans {
  const stages = new Map<string, Stage>();
  const platforms = new Map<string, Platform[]>();
  const images: { platform: Platform; stage: string }[] = [];
  const contexts: Record<string, string> = {};
  const all: ReadonlyMap<string, string>[] = [];
  for (const plan of plans) {
    const names = contextNames(plan, contexts, suffix(plan.platform));
    for (const [name, folder] of Object.entries(plan.contexts)) contexts[names.get(name) ?? name] = folder;
    const renamed = new Map<string, string>();
    for (const stage of plan.stages) {
      const layers = stage.layers.map((layer) => ({
        ...layer,
        id: "",
        operations: layer.operations.map((operation) =>
          renameContexts(renameSources(operation, renamed), names),
        ),
      }));
      const merged: Stage = { ...stage, id: "", base: renameBase(stage.base, renamed), layers };
      const id = sha256Hex(canonicalJson(unnamed(merged), (key) => NOT_COMPARED.has(key)));
      renamed.set(stage.id, id);
      if (!stages.has(id)) stages.set(id, { ...merged, id });
      platforms.set(id, [...(platforms.get(id) ?? []), plan.platform]);
    }
    all.push(renamed);
    images.push({ platform: plan.platform, stage: renamed.get(plan.stages.at(-1)!.id)! });
  }
  return { plan: { ...plans[0]!, stages: [...stages.values()], contexts }, images, platforms, renamed: all };
}

/** New names for the contexts of a plan whose names stand for other folders already. */
function contextNames(
  { contexts }: Plan,
  taken: Readonly<Record<string, string>>,
  suffix: string,
): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const [name, folder] of Object.entries(contexts)) {
    let own = name;
    while ((taken[own] ?? folder) !== folder) own = `${own}-${suffix}`;
    if (own !== name) names.set(name, own);
  }
  return names;
}

function renameContexts(operation: Operation, names: ReadonlyMap<string, string>): Operation {
  const rename = (source: PlanSource): PlanSource => {
    const name = source.from === "context" && source.context !== undefined && names.get(source.context);
    return name ? { ...source, context: name } : source;
  };
  if (operation.op === "copy") return { ...operation, sources: operation.sources.map(rename) };
  if (operation.op !== "run" || operation.mounts === undefined) return operation;
  const mounts = operation.mounts.map((mount) =>
    mount.type === "bind" ? { ...mount, source: rename(mount.source) } : mount,
  );
  return { ...operation, mounts };
}
