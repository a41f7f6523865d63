import { lstatSync } from "node:fs";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import type { Origin } from "../errors/origin.js";
import type { ImageNode } from "../image/nodes.js";
import { hostPlatform, type Platform, parsePlatform } from "../oci/platform.js";
import { type LowerOptions, lower } from "../plan/lower.js";
import type { SourceProbe } from "../plan/passes/pass.js";
import { type OptimizedPlan, optimizeTogether } from "../plan/passes/pipeline.js";
import type { Plan } from "../plan/plan.js";
import type { LockPlace } from "./lock-options.js";
import type { RegistryOptions } from "./open-registry.js";

/** What planning depends on beside the image. */
export interface PlanOptions extends LockPlace, Pick<RegistryOptions, "registries" | "offline"> {
  /** `os/architecture[/variant]`. @default - linux on this machine's processor */
  readonly platform?: string | Platform;
  /** The folder that copy sources are relative to. @default - the working folder */
  readonly context?: string;
  /** The directory of the store. @default - LAYERWRIGHT_CACHE, else the user's cache directory */
  readonly store?: string;
}

/** The plan of an image as its steps say it, before anything outside is looked at and before the passes. */
export function lowerImage(
  node: ImageNode,
  options: Pick<PlanOptions, "context" | "platform"> & Pick<LowerOptions, "nameOf" | "suppressed">,
): Plan {
  const { nameOf, suppressed } = options;
  const place = placeIn(resolve(options.context ?? "."));
  return lower(node, {
    platform: platformOf(options.platform),
    place,
    ...(nameOf && { nameOf }),
    ...(suppressed && { suppressed }),
  });
}

/** Runs the passes over the lowered plans of all images that belong together. */
export function optimizePlans(
  lowered: readonly Plan[],
  { context = "." }: { readonly context?: string | undefined },
): readonly OptimizedPlan[] {
  const folder = resolve(context);
  return optimizeTogether(lowered.map((plan) => ({ plan, probe: probeIn(folder, plan.contexts) })));
}

/** Lowers one image and runs the passes. `before` sees the plan in between, e.g. to add what is known of its bases. */
export function planImage(
  node: ImageNode,
  options: PlanOptions & Pick<LowerOptions, "nameOf">,
  before: (plan: Plan) => Plan = (plan) => plan,
): OptimizedPlan {
  return optimizePlans([before(lowerImage(node, options))], options)[0]!;
}

/** The platform that an option means. @throws {DefinitionError} PLATFORM_INVALID */
export function platformOf(option: string | Platform | undefined): Platform {
  if (option === undefined) return hostPlatform();
  return typeof option === "string" ? parsePlatform(option) : option;
}

/** Files in messages and plans are relative to the context, so that plans do not depend on the machine. */
export function placeIn(context: string): (origin: Origin) => Origin {
  return (origin) => {
    const file = isAbsolute(origin.file) ? relative(context, origin.file).split(sep).join("/") : origin.file;
    return { file, line: origin.line };
  };
}

/** Looks at a path of a context without following links, in the file or in its parents. */
function probeIn(context: string, contexts: Readonly<Record<string, string>>): SourceProbe {
  return (name, path) => {
    const folder = name === undefined ? context : resolve(context, contexts[name] ?? ".");
    let at = folder;
    const parts = path === "." ? [] : path.split("/");
    for (const [index, part] of parts.entries()) {
      at = join(at, part);
      const stat = lstatSync(at, { throwIfNoEntry: false });
      if (stat === undefined) return "missing";
      const last = index === parts.length - 1;
      if (!stat.isDirectory() && !(last && stat.isFile())) return undefined;
      if (last) return stat.isFile() ? "file" : "folder";
    }
    return "folder";
  };
}
