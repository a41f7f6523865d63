import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BuildResult, Image, isLayerwrightError, type ProgressEvent, StepError } from "layerwright";
import { optimize } from "../../src/plan/passes/pipeline.js";
import type { Plan } from "../../src/plan/plan.js";
import { lookUpBases } from "../../src/project/prepare/known-bases.js";
import { lowerImage, preparePlans } from "../../src/project/prepare/prepare.js";
import { buildPlan, buildPlans } from "../api/of-plans.js";
import { type BuildInput, dockerfileRequest, planOf, planRequest } from "../equivalence/both-ways.js";
import { type BaseImage, type BaseKind, baseFrom } from "../fixtures/base-kinds.js";
import { layoutRegistry } from "../fixtures/layout-registry.js";
import { runsCommands } from "../fixtures/sandbox-here.js";
import { LEFT_BEHIND } from "../fixtures/stand-ins.js";
import { PLATFORM } from "../golden/golden-cases.js";
import type { BuildRequest } from "../peers/build-request.js";
import { bakeWithBuildKit, buildWithBuildKit } from "../peers/buildkit.js";
import { compareImages } from "../peers/compare.js";
import { type ImageListing, imageListing } from "../peers/image-listing.js";
import type { Peer } from "../peers/peers.js";
import { withoutUnchanged } from "../peers/unchanged-paths.js";
import { type Description, type Forks, forkedImages, imageOf } from "./random-description.js";
import { writeContext } from "./random-image.js";

/** The bases of the trial, by kind. */
export type TrialBases = Readonly<Record<BaseKind, BaseImage>>;

/** What a trial found of one description: nothing, or what is wrong. */
export interface Finding {
  readonly description: Description;
  readonly lines: readonly string[];
}

/** How many descriptions became an image, were refused both ways, or had a command that fails. */
export interface Tally {
  built: number;
  refused: number;
  failed: number;
  /** Of those that were refused, how many were tried again without the steps that are refused. */
  again: number;
  /** Of those that were built, how many a pass had changed. */
  optimized: number;
}

type Outcome = ImageListing | { readonly refused: string } | { readonly failed: string };

/** Refusals of a Dockerfile that the direct build need not share: limits of the dialect. */
const DIALECT = ["NOT_EXPRESSIBLE", "FRONTEND_TOO_OLD", "DIALECT_CANNOT"];

/** Tries descriptions both ways: directly with and without the passes, and through their Dockerfiles by BuildKit. */
export class DescriptionTrial {
  readonly folder = mkdtempSync(join(tmpdir(), "layerwright-descriptions-"));
  readonly tally: Tally = { built: 0, refused: 0, failed: 0, again: 0, optimized: 0 };
  readonly #store = join(this.folder, "store");
  readonly #peer: Peer;
  readonly #bases: TrialBases;
  #count = 0;

  constructor(peer: Peer, bases: TrialBases) {
    this.#peer = peer;
    this.#bases = bases;
  }

  /** Tries descriptions together: all that can be built are built by one call of BuildKit. */
  async findings(descriptions: readonly Description[]): Promise<readonly Finding[]> {
    const found: Finding[] = [];
    const open: { description: Description; request: BuildRequest; ours: ImageListing }[] = [];
    const queue = [...descriptions];
    for (const description of queue) {
      const image = this.#image(description);
      if (image === undefined) {
        await this.#enqueueAccepted(description, queue);
        continue;
      }
      const context = this.#context();
      const input = { image, context, store: this.#store, bases: Object.values(this.#bases) };
      const out = join(this.folder, `theirs-${this.#count}.tar`);
      const request = await outcomeOf(() => dockerfileRequest(input, "buildkit", out));
      const planned = await outcomeOf(() => planOf(input));
      const plan = "plan" in planned ? planned.plan : undefined;
      const ours = plan === undefined ? (planned as Outcome) : await this.#direct(plan, context);
      const lines = plan === undefined ? [] : [...(await this.#passesFaults(input, plan, ours))];
      if ("refused" in request) {
        this.tally.refused++;
        lines.push(...refusalFaults(ours, request.refused));
        await this.#enqueueAccepted(description, queue);
      } else if ("refused" in ours) {
        // What a command leaves is known after it ran: there the builder's own error is the refusal.
        const isOpen = plan !== undefined && runsCommands(plan) && !("failed" in request);
        const theirs = isOpen ? (await this.#builtAlone(request))[0] : undefined;
        if (typeof theirs === "string") this.tally.failed++;
        else lines.push(`the direct build refuses ${ours.refused}, no Dockerfile does`);
      }
      if ("failed" in ours || "failed" in request) this.tally.failed++;
      else if ("rootfs" in ours && !("refused" in request)) open.push({ description, request, ours });
      if (lines.length > 0) found.push({ description, lines });
    }
    const theirs = await this.#built(open.map(({ request }) => request));
    for (const [index, { description, ours }] of open.entries()) {
      const lines = differences(ours, theirs[index]!);
      this.tally.built++;
      if (lines.length > 0) found.push({ description, lines });
    }
    return found;
  }

  /** Puts a refused description into the queue once more, without the steps that are refused. */
  async #enqueueAccepted(description: Description, queue: Description[]): Promise<void> {
    const context = this.#context();
    let kept: Description = { ...description, steps: [] };
    for (const step of description.steps) {
      const more = { ...kept, steps: [...kept.steps, step] };
      const image = this.#image(more);
      if (image === undefined) continue;
      const input = { image, context, store: this.#store, bases: Object.values(this.#bases) };
      const request = await outcomeOf(() =>
        dockerfileRequest(input, "buildkit", join(this.folder, "never.tar")),
      );
      if (!("refused" in request)) kept = more;
    }
    // What is refused as a whole has no step that is to blame.
    if (kept.steps.length === 0 || kept.steps.length === description.steps.length) return;
    this.tally.again++;
    queue.push(kept);
  }

  /**
   * Tries images that grow from one value, built in one go: both ways the same, what they have in common shared, and
   * each of its commands run once. Undefined where one of them is refused or a command fails.
   */
  async forkFaults(forks: Forks): Promise<readonly string[] | undefined> {
    const bases = Object.values(this.#bases);
    const registry = layoutRegistry(bases);
    const context = this.#context();
    const store = join(this.folder, `store-${this.#count}`);
    const base = Image.from(baseFrom(this.#bases[forks.kind], forks.place));
    const lowered = await outcomeOf(async () =>
      forkedImages(forks, base).map((image) => lowerImage(image.node, { context, platform: PLATFORM })),
    );
    if (!Array.isArray(lowered)) return undefined;
    const optimized = await preparePlans(lowered, { context, store, registry });
    const ran: string[] = [];
    const report = (event: ProgressEvent) => {
      if (event.kind === "finish" && event.cached !== true && /: run /.test(event.label))
        ran.push(event.label);
    };
    const dests = optimized.map((_, at) => join(this.folder, `fork-${at}.tar`));
    const images = optimized.map((one, at) => ({
      name: `fork-${at}`,
      optimized: one,
      output: { type: "oci", dest: dests[at]! } as const,
    }));
    const settings = {
      context,
      store,
      registry,
      compression: "none",
      lock: false,
      progress: { report },
    } as const;
    const built = await outcomeOf(() => buildPlans(images, settings));
    if (!Array.isArray(built)) return undefined;
    const plans = optimized.map(({ plan }) => plan);
    const lines = [...sharingFaults(built, lowered, plans)];
    const commands = commandsOf(plans);
    if (ran.length > commands) lines.push(`${ran.length} commands ran, of ${commands}: ${ran.join(", ")}`);
    const requests: BuildRequest[] = [];
    for (const [at, one] of optimized.entries()) {
      const input = { context: this.#context(), store, bases, frontend: "1.19" } as const;
      const request = await outcomeOf(() =>
        planRequest(one, input, "buildkit", join(this.folder, `theirs-fork-${at}.tar`)),
      );
      if ("refused" in request || "failed" in request) return undefined;
      requests.push(request);
    }
    const theirs = await this.#built(requests);
    for (const [at, listing] of theirs.entries())
      lines.push(...differences(imageListing(dests[at]!), listing).map((line) => `image ${at}: ${line}`));
    rmSync(store, { recursive: true, force: true });
    return lines;
  }

  /** As few steps of a description as still give a finding of the same kind. */
  async smallest({ description, lines }: Finding): Promise<Finding> {
    let best: Finding = { description, lines };
    for (let at = best.description.steps.length - 1; at >= 0 && best.description.steps.length > 1; at--) {
      const steps = best.description.steps.filter((_, index) => index !== at);
      const [again] = await this.findings([{ ...best.description, steps }]);
      if (again !== undefined && kindOf(again) === kindOf(best)) best = again;
    }
    return best;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  #image(description: Description): Image | undefined {
    const base = Image.from(baseFrom(this.#bases[description.kind], description.place));
    try {
      return imageOf(description, base);
    } catch (error) {
      // What the call itself refuses never comes to a synthesis.
      if (isLayerwrightError(error)) return undefined;
      throw error;
    }
  }

  #context(): string {
    const context = join(this.folder, `context-${++this.#count}`);
    mkdirSync(context);
    writeContext(context);
    return context;
  }

  async #direct(plan: Plan, context: string): Promise<Outcome> {
    const dest = join(this.folder, `ours-${++this.#count}.tar`);
    return outcomeOf(async () => {
      const registry = layoutRegistry(Object.values(this.#bases));
      const output = { type: "oci", dest } as const;
      const options = {
        context,
        store: this.#store,
        output,
        registry,
        compression: "none",
        lock: false,
      } as const;
      await buildPlan({ plan, records: [], warnings: [] }, options);
      return read(dest);
    });
  }

  /** What the passes changed: only leftovers of what ships may be gone, and what succeeds without them succeeds. */
  async #passesFaults(input: BuildInput, plan: Plan, ours: Outcome): Promise<readonly string[]> {
    const written = await this.#asWritten(input);
    if (stagesOf(written) === stagesOf(plan)) return [];
    this.tally.optimized++;
    const byHand = await this.#direct(written, input.context);
    if (!("rootfs" in byHand)) return [];
    if (!("rootfs" in ours))
      return [`only with the passes: ${"refused" in ours ? ours.refused : ours.failed}`];
    return compareImages(byHand, ours)
      .filter((line) => !/^layers?[: ]/.test(line) && !LEFT_BEHIND.test(/^\/(.*?): /.exec(line)?.[1] ?? ""))
      .map((line) => `with the passes: ${line}`);
  }

  /** The plan without passes, with what is known of its bases. */
  async #asWritten({ image, context, store, bases }: BuildInput): Promise<Plan> {
    const lowered = lowerImage(image.node, { context, platform: PLATFORM });
    const { plans } = await lookUpBases([lowered], { context, store, registry: layoutRegistry(bases) });
    return optimize(plans[0]!, { passes: [] }).plan;
  }

  async #built(requests: readonly BuildRequest[]): Promise<readonly (ImageListing | string)[]> {
    if (requests.length === 0) return [];
    try {
      await bakeWithBuildKit(this.#peer, requests, join(this.folder, `bake-${++this.#count}.json`));
    } catch (error) {
      if (requests.length === 1) return [lastLines(error)];
      const alone: (ImageListing | string)[] = [];
      for (const request of requests) alone.push(...(await this.#builtAlone(request)));
      return alone;
    }
    return requests.map(({ outOciTar }) => read(outOciTar));
  }

  async #builtAlone(request: BuildRequest): Promise<readonly (ImageListing | string)[]> {
    try {
      await buildWithBuildKit(this.#peer, request);
      return [read(request.outOciTar)];
    } catch (error) {
      return [lastLines(error)];
    }
  }
}

/** How two images differ in what they are to share: layers that their plans begin with, and no fewer than were written. */
function sharingFaults(
  built: readonly BuildResult[],
  lowered: readonly Plan[],
  plans: readonly Plan[],
): readonly string[] {
  const lines: string[] = [];
  for (const [left, right] of pairsOf(built.length)) {
    const common = commonLayers(plans[left]!, plans[right]!);
    const written = commonLayers(lowered[left]!, lowered[right]!);
    for (const at of [left, right]) {
      const apart = ownLayers(plans[at]!).length - common;
      const before = ownLayers(lowered[at]!).length - written;
      if (apart > before)
        lines.push(`images ${left} and ${right}: ${apart} layers are apart, ${before} as written`);
    }
    const [own, other] = [built[left]!.layers, built[right]!.layers];
    const inherited = own.filter((layer) => layer.inherited === true).length;
    for (let at = 0; at < inherited + common; at++) {
      // A step that changed nothing has no layer, and so those of other steps are counted here as well.
      if (own[at]?.description !== other[at]?.description) continue;
      if (own[at]?.diffId !== other[at]?.diffId)
        lines.push(`images ${left} and ${right}: layer ${at + 1} is not shared`);
    }
  }
  return lines;
}

function pairsOf(count: number): (readonly [number, number])[] {
  return Array.from({ length: count }, (_, right) =>
    Array.from({ length: right }, (_, left) => [left, right] as const),
  ).flat();
}

/** The layers of the final stage, as text without places; one that is squashed shares none. */
function ownLayers({ stages }: Plan): readonly string[] {
  const { layers, squash } = stages.at(-1)!;
  return squash === "keep" ? layers.map(({ operations }) => withoutOrigins(operations)) : [];
}

function commonLayers(left: Plan, right: Plan): number {
  const [a, b] = [ownLayers(left), ownLayers(right)];
  const end = a.findIndex((layer, at) => layer !== b[at]);
  return end < 0 ? a.length : end;
}

/** How many commands plans have, those counted once that come after the same steps. */
function commandsOf(plans: readonly Plan[]): number {
  const known = new Set<string>();
  for (const { stages } of plans) {
    const above = new Map<string, string>();
    for (const { id, base, layers } of stages) {
      let so = base.kind === "stage" ? above.get(base.stage)! : withoutOrigins(base);
      for (const operation of layers.flatMap(({ operations }) => operations)) {
        so += withoutOrigins(operation);
        if (operation.op === "run") known.add(so);
      }
      above.set(id, so);
    }
  }
  return known.size;
}

function withoutOrigins(value: unknown): string {
  return JSON.stringify(value, (key, one: unknown) => (key === "origin" ? undefined : one));
}

function read(path: string): ImageListing {
  const listing = imageListing(path);
  rmSync(path);
  return listing;
}

function stagesOf({ stages }: Plan): string {
  return withoutOrigins(stages);
}

async function outcomeOf<Value extends object>(
  work: () => Promise<Value>,
): Promise<Value | { readonly refused: string } | { readonly failed: string }> {
  try {
    return await work();
  } catch (error) {
    if (!isLayerwrightError(error)) throw error;
    return error instanceof StepError ? { failed: error.message } : { refused: error.code };
  }
}

function refusalFaults(ours: Outcome, code: string): readonly string[] {
  if ("refused" in ours && ours.refused === code) return [];
  // One check refuses first what both can know; what the direct build refuses later, it saw in what commands left.
  if (DIALECT.includes(code)) return [];
  const direct = "rootfs" in ours ? "builds" : "refused" in ours ? `refuses ${ours.refused}` : "fails";
  return [`the Dockerfile is refused ${code}, the direct build ${direct}`];
}

function differences(ours: ImageListing, theirs: ImageListing | string): readonly string[] {
  if (typeof theirs === "string") return [`BuildKit: ${theirs}`];
  // A name that was touched and is the same is a file of its own there; and what is gone from a directory that was made
  // anew is named there, where ours says that nothing of it is left. The trees are compared all the same.
  return compareImages(withoutUnchanged(ours), withoutUnchanged(theirs)).filter(
    (line) => !/: hard links |\/\.wh\.[^/]* only in the /.test(line),
  );
}

/** What kind of fault a finding is, so that a smaller description is not taken that has another. */
function kindOf({ lines }: Finding): string {
  return lines.map((line) => line.replace(/\/\S*|\d+/g, "")).sort()[0] ?? "";
}

function lastLines(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split("\n").slice(-25).join("\n");
}
