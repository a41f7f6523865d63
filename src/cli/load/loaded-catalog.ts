import type { SquashPolicy } from "../../image/nodes.js";
import type { Platform } from "../../oci/platform.js";
import type { OptimizedPlan } from "../../plan/passes/pipeline.js";
import type { Plan, Stage } from "../../plan/plan.js";
import type { PolicyReport } from "../../policy/judge-catalog.js";
import type { SharingLimit } from "../../project/gate/sharing-limit.js";
import type { Failure } from "../failure.js";

/** An image for one platform, lowered in the user's process. */
interface LoweredPlan {
  readonly platform: Platform;
  readonly lowered: Plan;
  /** The same under other policies, where they were asked for. */
  readonly variants?: readonly PlanVariant[];
}

/** An image for one platform, prepared for both syntheses. */
interface LoadedPlan extends LoweredPlan {
  readonly optimized: OptimizedPlan;
}

/** An image of the catalog as data. */
export interface LoadedImage extends LoweredImage {
  readonly plans: readonly LoadedPlan[];
}

/** An image of the catalog as data, before anything outside was looked at. */
interface LoweredImage {
  readonly name: string;
  /** Where it starts, in the user's words. */
  readonly base: string;
  /** How many steps it was written with. */
  readonly steps: number;
  readonly squash: SquashPolicy;
  /** Images of the same catalog that it is made from. */
  readonly dependencies: readonly string[];
  readonly plans: readonly LoweredPlan[];
}

/** What the user's program describes, as the child process hands it back. */
export interface LoweredCatalog {
  readonly name: string;
  /** Of all images, whether they were asked for or not. */
  readonly names: readonly string[];
  /** The names of the images in each group. */
  readonly groups: Readonly<Record<string, readonly string[]>>;
  /** The most layers that squash `"auto"` gives an image. */
  readonly maxLayers: number;
  /** All images: what becomes of one depends on the others. */
  readonly images: readonly LoweredImage[];
  /** The names that were asked for. */
  readonly chosen: readonly string[];
  /** What is to be checked before anything is written, where it was asked for and the catalog has a limit. */
  readonly limit?: SharingLimit;
  /** What its policies say; undefined where nobody asked, or there are none. */
  readonly policies?: PolicyReport;
}

/** A catalog as commands work on it. */
export interface LoadedCatalog extends Omit<LoweredCatalog, "images" | "chosen"> {
  /** The images that were asked for. */
  readonly images: readonly LoadedImage[];
}

/** What the child process is asked for. */
export interface LoadRequest {
  /** The user's file, absolute and with links resolved. */
  readonly entry: string;
  /** The user's file as messages name it. */
  readonly shown: string;
  /** The context directory, absolute. */
  readonly context: string;
  /** Names, patterns and groups (`@nightly`); all images when empty. */
  readonly names: readonly string[];
  /** Instead of the platforms of the catalog. */
  readonly platforms?: readonly string[];
  /** Also the plans under these policies. */
  readonly variants?: readonly SquashPolicy[];
  /** Also what the catalog's limit is checked with. */
  readonly limit?: boolean;
  /** Set where the policies are to be asked. */
  readonly policies?: PolicyRequest;
}

/** What the policies are asked, in the process that has their functions. */
export interface PolicyRequest {
  /** Which lock says what is pinned, as in `LockPlace`. */
  readonly lock?: string | false;
  /** The directory of the store, where it is not the default one. */
  readonly store?: string;
  /** A file with what was built of the images, for the policies that look at that (see built-file.ts). */
  readonly built?: string;
}

/** What the child process hands back. */
export type LoadReply = { readonly catalog: LoweredCatalog } | { readonly failure: Failure };

/** The variable that carries the request; removed before the user's program sees it. */
export const REQUEST_VARIABLE = "LAYERWRIGHT_LOAD_REQUEST";

/** The file descriptor that the reply is written to: standard output belongs to the user's program. */
export const REPLY_DESCRIPTOR = 3;

/** The plan of an image under another policy, as it travels: stages that the image's own plan has go by their ids. */
interface PlanVariant {
  readonly squash: SquashPolicy;
  readonly contexts: Plan["contexts"];
  readonly stages: readonly (Stage | string)[];
}

/** Leaves out what the image's own plan has: the contents of files are part of a plan, and many. */
export function packVariant(squash: SquashPolicy, plan: Plan, own: Plan): PlanVariant {
  const known = new Set(own.stages.map(({ id }) => id));
  const stages = plan.stages.map((stage) => (known.has(stage.id) ? stage.id : stage));
  return { squash, contexts: plan.contexts, stages };
}

/** The whole plan again. */
export function unpackVariant({ contexts, stages }: PlanVariant, own: Plan): Plan {
  const known = new Map(own.stages.map((stage) => [stage.id, stage]));
  return {
    ...own,
    contexts,
    stages: stages.map((stage) => (typeof stage === "string" ? known.get(stage)! : stage)),
  };
}
