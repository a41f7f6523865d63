import { sha256Hex } from "../core/bytes.js";
import { canonicalJson } from "../core/json.js";
import { withOrigin } from "../errors/with-origin.js";
import type { RuntimeConfig } from "../oci/image-config.js";
import { type Platform, platformText } from "../oci/platform.js";
import { withSearchPath } from "../plan/config.js";
import type { BaseFacts, Plan, PlanBase, RegistryPlanBase, Stage } from "../plan/plan.js";
import { openBase } from "../rootfs/base-tree.js";
import type { FolderNode } from "../rootfs/tree.js";
import { factsOf, isBaseFacts } from "./base-facts.js";
import { neededStages } from "./check-plan.js";
import type { BuildPorts } from "./ports.js";
import { looksIntoBase } from "./stages/looks-into-base.js";
import { baseLocation, type OpenableBase } from "./stages/open-base.js";

/** The way in which bases in registries are looked up. */
export interface RegistryLookUp {
  /** The digest that a reference has now; undefined where nobody can tell. */
  digestOf(base: RegistryPlanBase, stage: Stage): Promise<string | undefined>;
  /** Told why a base could not be reached: the plan then goes on without. Throws what is no matter of reaching it. */
  unreached(base: RegistryPlanBase, stage: Stage, error: unknown): void;
}

type LookUpPorts = Pick<BuildPorts, "bases" | "store" | "files">;

/**
 * Adds `known` to the bases of plans: the config, what a base has at the paths that its plan touches, the accounts that
 * the plan names. Of a base only the index of its layers is read, and of a base in a registry only the config where no
 * step depends on more. What was found is kept in the store under the digest of the base. Each base is opened once.
 */
export class BaseResolver {
  readonly #folder: string;
  readonly #registries: RegistryLookUp | undefined;
  readonly #opened = new Map<string, Promise<OpenedBase>>();

  /** @param directory where relative base paths start, absolute */
  constructor(folder: string, registries?: RegistryLookUp) {
    this.#folder = folder;
    this.#registries = registries;
  }

  async resolve(plan: Plan, ports: LookUpPorts): Promise<Plan> {
    const stages: Stage[] = [];
    for (const stage of plan.stages) {
      const base = await withOrigin(stage.origin, () => this.#resolveBase(stage, plan, ports));
      stages.push(base === stage.base ? stage : { ...stage, base });
    }
    return { ...plan, stages };
  }

  async close(): Promise<void> {
    for (const opened of await Promise.allSettled(this.#opened.values())) {
      if (opened.status === "fulfilled") await opened.value.close();
    }
  }

  async #resolveBase(stage: Stage, plan: Plan, ports: LookUpPorts): Promise<PlanBase> {
    const { base } = stage;
    if (base.kind === "scratch" || base.kind === "stage" || base.known !== undefined) return base;
    const standing = plan.stages.filter((other) => standsOn(other, stage, plan));
    if (base.kind !== "registry") {
      const { config, count, tree } = await this.#open(base, plan.platform, ports);
      return { ...base, known: { ...(await factsOf((await tree()).tree, config, standing)), layers: count } };
    }
    if (this.#registries === undefined) return base;
    try {
      const known = await this.#lookUp(base, stage, plan, standing, ports);
      return known === undefined ? base : { ...base, known };
    } catch (error) {
      this.#registries.unreached(base, stage, error);
      return base;
    }
  }

  async #lookUp(
    base: RegistryPlanBase,
    stage: Stage,
    plan: Plan,
    standing: readonly Stage[],
    ports: LookUpPorts,
  ): Promise<BaseFacts | undefined> {
    const digest = base.digest ?? (await this.#registries!.digestOf(base, stage));
    if (digest === undefined) return undefined;
    const { order, packed } = neededStages(plan);
    const { files } = ports;
    const looks = await looksIntoBase({ stage, order, packed, files, treeOf: () => undefined });
    const key = factsKey(digest, plan.platform, looks ? standing : undefined);
    const kept = await ports.store.getRecord(FACTS_KIND, key);
    if (isBaseFacts(kept)) return kept;
    const { config, count, tree } = await this.#open({ ...base, digest }, plan.platform, ports);
    const facts: BaseFacts = looks
      ? { ...(await factsOf((await tree()).tree, config, standing)), layers: count, digest }
      : { config, layers: count, paths: {}, users: {}, groups: {}, configOnly: true };
    await ports.store.putRecord(FACTS_KIND, key, facts);
    return facts;
  }

  #open(base: OpenableBase, platform: Platform, ports: LookUpPorts): Promise<OpenedBase> {
    const { known: _, ...place } = base;
    const key = `${platformText(platform)} ${canonicalJson(place)}`;
    const known = this.#opened.get(key);
    if (known !== undefined) return known;
    const opened = open(base, platform, this.#folder, ports);
    this.#opened.set(key, opened);
    return opened;
  }
}

/** A base whose layers are opened when first asked for. */
interface OpenedBase {
  readonly config: RuntimeConfig;
  /** The number of its layers. */
  readonly count: number;
  tree(): Promise<{ readonly tree: FolderNode }>;
  close(): Promise<void>;
}

async function open(
  base: OpenableBase,
  platform: Platform,
  folder: string,
  { bases, store }: LookUpPorts,
): Promise<OpenedBase> {
  const image = await bases.open(baseLocation(base, folder), platform);
  let layers: ReturnType<typeof openBase> | undefined;
  return {
    config: withSearchPath(image.config.config ?? {}),
    count: image.layers.length,
    tree: () => {
      layers ??= openBase(image.layers, store);
      return layers;
    },
    close: async () => {
      await (await layers?.catch(() => undefined))?.close();
      await image.close();
    },
  };
}

/** The kind of record that keeps what is known of a base; its number goes up when the facts change their form. */
const FACTS_KIND = "base-facts-3";

function factsKey(digest: string, platform: Platform, standing: readonly Stage[] | undefined): string {
  const operations = standing?.map(({ layers }) => layers.map((layer) => layer.operations));
  const asked = canonicalJson(
    operations ?? "config",
    (key) => key === "origin" || key === "found" || key === "id" || key === "contents",
  );
  const melted = standing?.some(({ squash }) => squash === "all") === true ? "\0melted" : "";
  return sha256Hex(`${digest}\0${platformText(platform)}\0${asked}${melted}`);
}

/** Tells whether a stage is this one or is built on it, so that its paths go through the same base. */
function standsOn(stage: Stage, lowest: Stage, plan: Plan): boolean {
  let here: Stage | undefined = stage;
  for (let steps = 0; here !== undefined && steps <= plan.stages.length; steps++) {
    if (here.id === lowest.id) return true;
    const { base }: Stage = here;
    here = base.kind === "stage" ? plan.stages.find(({ id }) => id === base.stage) : undefined;
  }
  return false;
}
