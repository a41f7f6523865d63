import { resolve } from "node:path";
import { findSecrets } from "../analyze/secrets/find-secrets.js";
import type { Catalog } from "../catalog/catalog.js";
import type { Image } from "../image/image.js";
import { platformText } from "../oci/platform.js";
import type { Plan } from "../plan/plan.js";
import { judgeCatalog, type PolicyReport } from "../policy/judge-catalog.js";
import type { JudgedFinding } from "../policy/policy.js";
import type { BuiltFacts } from "../policy/policy-image.js";
import { policyImage } from "../policy/policy-image.js";
import type { Progress } from "../ports/progress.js";
import type { BuildSettings } from "./build.js";
import { judgeProject } from "./gate.js";
import { lastBuilt } from "./last-built.js";
import { pinByLock } from "./lock-file.js";
import { withObservedJobs } from "./observe.js";
import type { BuildOptions, LockPlace } from "./options.js";
import { placeIn } from "./prepare.js";
import type { Project } from "./project.js";

/** How the policies of a catalog are asked. */
export interface CheckOptions extends Omit<BuildOptions, "output" | "reference" | "platform"> {
  /** Instead of the catalog's. */
  readonly platforms?: readonly string[];
  /** Builds nothing: what policies over built images would find is not known then. @default - false */
  readonly planOnly?: boolean;
}

/** What the policies say. */
export interface CheckResult {
  /** All of them, in the order of the images and policies; those that a suppression lets stand say why. */
  readonly findings: readonly JudgedFinding[];
  /** How many fail a build. */
  readonly errors: number;
  readonly warnings: number;
  /** How many are let stand. */
  readonly suppressed: number;
  /** Names of the images that a policy wants to see built, when nothing was. */
  readonly notBuilt: readonly string[];
}

/**
 * Asks the policies of a project about its chosen images.
 *
 * @param planOnly true to build nothing, also where a policy looks at the built image
 */
export async function checkProject(
  project: Project,
  settings: BuildSettings,
  planOnly: boolean,
): Promise<CheckResult> {
  const { findings, awaiting } = await judgeProject(project, settings, planOnly);
  return { ...countFindings(findings), notBuilt: planOnly ? awaiting : [] };
}

/** Findings with their numbers. */
function countFindings(findings: readonly JudgedFinding[]): Omit<CheckResult, "notBuilt"> {
  const standing = findings.filter(({ suppressed }) => suppressed === undefined);
  return {
    findings,
    errors: standing.filter(({ severity }) => severity === "error").length,
    warnings: standing.filter(({ severity }) => severity === "warning").length,
    suppressed: findings.length - standing.length,
  };
}

/** A plan of an image of a catalog. */
interface JudgedPlan {
  readonly name: string;
  readonly plan: Plan;
}

/** Where plans come from, and what is known of what they became. */
interface JudgeOptions extends LockPlace {
  readonly context?: string | undefined;
  /** What was built of the images that a policy wanted to see built. */
  readonly facts?: readonly NamedFacts[];
}

/** Runs the policies of a catalog over the plans of its images. The lock says what is pinned; nothing is written to it. */
export async function judgePlans(
  catalog: Catalog,
  plans: readonly JudgedPlan[],
  { facts = [], ...options }: JudgeOptions,
): Promise<PolicyReport> {
  const pinned = pinByLock(
    plans.map(({ plan }) => plan),
    options,
  );
  const place = placeIn(resolve(options.context ?? "."));
  const images = plans.map(({ name }, at) => {
    const plan = pinned[at]!;
    const { node } = catalog.images[name] as Image;
    const platform = platformText(plan.platform);
    const built = facts.find((one) => one.name === name && one.platform === platform);
    return { view: policyImage(name, plan, node, place), node, built };
  });
  const named = new Set(plans.map(({ name }) => name));
  const { policies, suppressions } = catalog;
  const whole = catalog.names.every((name) => named.has(name));
  return judgeCatalog(images, { policies, suppressions, whole, place });
}

/** An image that policies want to see built. */
interface FactsJob extends JudgedPlan {
  readonly progress?: Progress | undefined;
}

/** What was built of the images, each under its name and platform. */
export interface NamedFacts extends BuiltFacts {
  readonly name: string;
  /** `linux/amd64` */
  readonly platform: string;
}

/**
 * Builds images into the store alone, and finds out about them what policies ask where their bytes are. The build is
 * not remembered: what comes before it stays what the next one is compared with.
 *
 * @param use gets the facts in the order of the jobs; layers can be read until it is done
 */
export async function withBuiltFacts<Result>(
  catalog: string,
  jobs: readonly FactsJob[],
  settings: BuildSettings,
  use: (facts: readonly NamedFacts[]) => Promise<Result>,
): Promise<Result> {
  const observed = jobs.map((job) => ({ ...job, references: [] }));
  return withObservedJobs(observed, settings, async (images, { context, store }) => {
    const facts: NamedFacts[] = [];
    for (const image of images) {
      const { name, platform } = image;
      const record = await lastBuilt(store, { context, knownAs: `${catalog}/${name}`, platform });
      const last = record?.history.at(-1);
      facts.push({
        name,
        platform: platformText(platform),
        image,
        secrets: await findSecrets(image),
        ...(last && { earlier: { digest: last.digest, size: last.size, layers: last.layers } }),
      });
    }
    return use(facts);
  });
}
