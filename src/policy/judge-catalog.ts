import { namePattern } from "../core/glob.js";
import { grouped } from "../core/grouped.js";
import { DefinitionError, isLayerwrightError } from "../errors/layerwright-error.js";
import { type Origin, originText } from "../errors/origin.js";
import type { ImageNode } from "../image/nodes.js";
import {
  concerns,
  type Finding,
  inheritedSuppressions,
  type JudgedFinding,
  ownSuppressions,
  type PlacedSuppression,
  type Policy,
  type PolicyAnswer,
  type PolicyFinding,
  type Suppression,
} from "./policy.js";
import { type BuiltFacts, builtPolicyImage, type PolicyImage } from "./policy-image.js";

/** The code of the finding about an unused suppression. */
const UNUSED = "SUPPRESSION_UNUSED";

/** An image of a catalog for one platform, with what it was built into where it was built. */
export interface JudgedImage {
  readonly view: PolicyImage;
  readonly node: ImageNode;
  readonly built?: BuiltFacts | undefined;
}

/** The rules of a catalog. */
export interface CatalogRules {
  readonly policies: readonly Policy[];
  readonly suppressions: readonly PlacedSuppression[];
  /** True when all images of the catalog are judged: only then a suppression of many can be called unused. */
  readonly whole: boolean;
  readonly place: (origin: Origin) => Origin;
}

/** The findings about some images. */
export interface PolicyReport {
  /** In the order of the images, and of the policies. */
  readonly findings: readonly JudgedFinding[];
  /** Names of the images that a policy wants to see built, and did not. */
  readonly awaiting: readonly string[];
}

/**
 * Runs every policy over every image that it is for, and judges what they find by the suppressions.
 *
 * @throws {DefinitionError} POLICY_CHECK_FAILED where a policy throws, or answers what is no finding
 */
export async function judgeCatalog(
  images: readonly JudgedImage[],
  { policies, suppressions, whole, place }: CatalogRules,
): Promise<PolicyReport> {
  const found: Finding[] = [];
  const awaiting = new Map<string, Set<string>>();
  for (const image of images) {
    for (const policy of policies.filter((one) => isFor(one, image.view.name))) {
      const { findings, awaits } = await askPolicy(policy, image);
      found.push(...findings);
      if (!awaits) continue;
      const codes = awaiting.get(image.view.name) ?? new Set();
      awaiting.set(image.view.name, codes.add(policy.code));
    }
  }
  const used = new Set<Suppression>();
  const nodes = new Map(images.map(({ view, node }) => [view.name, node]));
  const platforms = grouped(images, ({ view }) => view.name);
  const merged = mergePlatforms(found, (name) => platforms.get(name)?.length ?? 1);
  const judged = merged.map((finding): JudgedFinding => {
    const node = nodes.get(finding.image)!;
    const all = [...ownSuppressions(node), ...inheritedSuppressions(node), ...suppressions];
    const fitting = all.filter((one) => one.code === finding.code && concerns(one, finding.image));
    for (const one of fitting) used.add(one);
    const [first] = fitting;
    if (first === undefined) return finding;
    const { reason, origin } = first;
    return { ...finding, suppressed: { reason, ...(origin && { origin: place(origin) }) } };
  });
  const unused = [...nodes].flatMap(([name, node]) =>
    ownSuppressions(node)
      .filter((one) => !used.has(one) && awaiting.get(name)?.has(one.code) !== true)
      .map((one) => unusedFinding(one, name, place)),
  );
  const anywhere = new Set([...awaiting.values()].flatMap((codes) => [...codes]));
  const unusedOfAll = suppressions
    .filter((one) => whole && !used.has(one) && !anywhere.has(one.code))
    .map((one) => unusedFinding(one, one.image ?? "*", place));
  return { findings: [...judged, ...unused, ...unusedOfAll], awaiting: [...awaiting.keys()] };
}

function isFor({ images }: Policy, name: string): boolean {
  return images.length === 0 || images.some((pattern) => namePattern(pattern)(name));
}

async function askPolicy(
  policy: Policy,
  { view, built }: JudgedImage,
): Promise<{ readonly findings: readonly Finding[]; readonly awaits: boolean }> {
  const { plan, built: builtCheck, needsBuilt } = policy.checks;
  const { name, platform } = view;
  const answers: PolicyFinding[] = [];
  let awaits = false;
  try {
    if (plan !== undefined) answers.push(...listed(await plan(view)));
    if (builtCheck !== undefined && (needsBuilt === undefined || needsBuilt(view))) {
      awaits = built === undefined;
      if (built !== undefined) answers.push(...listed(await builtCheck(builtPolicyImage(view, built))));
    }
  } catch (error) {
    if (isLayerwrightError(error)) throw error;
    const reason = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    throw new DefinitionError(
      "POLICY_CHECK_FAILED",
      { code: policy.code, image: name, reason },
      { subject: policy.code, origin: policy.origin, cause: error },
    );
  }
  const findings = answers.map(({ message, fix, origin, bytes, severity = policy.severity }): Finding => {
    const optional = { ...(origin && { origin: { ...origin } }), ...(bytes === undefined ? {} : { bytes }) };
    return { code: policy.code, severity, image: name, platform, message, fix, ...optional };
  });
  return { findings, awaits };
}

function listed(answer: PolicyAnswer): readonly PolicyFinding[] {
  if (answer === undefined || answer === null) return [];
  const findings = Symbol.iterator in Object(answer) ? [...(answer as Iterable<PolicyFinding>)] : [answer];
  for (const one of findings as readonly Partial<PolicyFinding>[]) {
    if (typeof one?.message === "string" && typeof one.fix === "string") continue;
    throw new TypeError("it answered what is no finding: { message, fix } with two texts");
  }
  return findings as readonly PolicyFinding[];
}

function unusedFinding(
  { code, reason, origin }: PlacedSuppression,
  image: string,
  place: (origin: Origin) => Origin,
): Finding {
  return {
    code: UNUSED,
    severity: "info",
    image,
    message: `the suppression of ${code} lets nothing stand ("${reason}")`,
    fix: "remove it, or correct its code",
    ...(origin && { origin: place(origin) }),
  };
}

/**
 * Makes one finding of those that an image has for all of its platforms, without a platform: people mend them once.
 *
 * @param platformsOf how many platforms of an image were looked at
 */
function mergePlatforms(
  findings: readonly Finding[],
  platformsOf: (image: string) => number,
): readonly Finding[] {
  const alike = grouped(findings, ({ code, image, message, severity, origin }) =>
    JSON.stringify([code, image, severity, message, origin === undefined ? "" : originText(origin)]),
  );
  return [...alike.values()].flatMap((same) => {
    const [first] = same;
    const platforms = new Set(same.map(({ platform }) => platform));
    if (platforms.size < platformsOf(first!.image)) return same;
    const { platform: _, ...rest } = first!;
    return [rest];
  });
}
