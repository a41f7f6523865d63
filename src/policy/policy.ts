import { namePattern } from "../core/glob.js";
import { parseSize } from "../core/size.js";
import type { Origin } from "../errors/origin.js";
import { beginCall, type Call, checkOptions, refuse } from "../image/call.js";
import { parseFindingCode, parseReason } from "../image/config-steps.js";
import type { ImageNode, Step } from "../image/nodes.js";
import type { BuiltPolicyImage, PolicyImage } from "./policy-image.js";

const BRAND = Symbol.for("layerwright.policy");

/** A finding about an image; its code is the policy's. */
export interface PolicyFinding {
  /** The fault, with the figures, and never with a secret. */
  readonly message: string;
  /** The way to avoid it, in one line. */
  readonly fix: string;
  /** The user's line that it comes from. Lines of plans and layers are such. */
  readonly origin?: Origin | undefined;
  /** Bytes that it costs. */
  readonly bytes?: number | undefined;
  /** @default - the policy's */
  readonly severity?: Severity | undefined;
}

/** One finding, several, or none. */
export type PolicyAnswer = PolicyFinding | Iterable<PolicyFinding> | undefined;

/** The checks of a policy. */
export interface PolicyChecks {
  /** Looks at the plan: costs nothing, and runs before anything is built. */
  readonly plan?: (image: PolicyImage) => PolicyAnswer | Promise<PolicyAnswer>;
  /** Looks at the built image, which is made for it in the store. */
  readonly built?: (image: BuiltPolicyImage) => PolicyAnswer | Promise<PolicyAnswer>;
  /** True when `built` has anything to add for this image. @default - always */
  readonly needsBuilt?: (image: PolicyImage) => boolean;
}

/** Options of every policy. */
export interface PolicyOptions {
  /** A build fails on errors. @default - "error" */
  readonly severity?: Severity;
  /** Names or patterns of the images that it holds for, as `api-*`. @default - all */
  readonly images?: string | readonly string[];
}

/** A rule that images must keep. */
export interface Policy {
  readonly code: string;
  readonly severity: Severity;
  /** Names or patterns; empty for all images. */
  readonly images: readonly string[];
  readonly checks: PolicyChecks;
  readonly origin: Origin;
}

/**
 * Makes a policy: a function over the plan of one image, or over the built image where `checks.built` is given. It
 * gives back what it finds; the code and the severity are the policy's.
 *
 * @param code upper-case words joined by `_`; suppressions name it
 * @throws {DefinitionError} POLICY_INVALID, SUPPRESSION_INVALID, OPTION_UNKNOWN
 * @example
 * ```ts
 * import { Catalog, Image, policy } from "layerwright";
 *
 * const noVolumes = policy("NO_VOLUMES", ({ config }) =>
 *   Object.keys(config.Volumes ?? {}).map((path) => ({ message: `${path} is a volume`, fix: "mount it at run time" })),
 * );
 * const app = Image.scratch().volume("/data");
 * export default new Catalog("acme", { app }, { policies: [noVolumes] });
 * ```
 */
export function policy(
  code: string,
  checks: NonNullable<PolicyChecks["plan"]> | PolicyChecks,
  options: PolicyOptions = {},
): Policy {
  return makePolicy(beginCall("policy"), code, checks, options);
}

/** The same for the policies of the house, whose calls have names of their own. */
export function makePolicy(
  call: Call,
  code: string,
  checks: NonNullable<PolicyChecks["plan"]> | PolicyChecks,
  options: PolicyOptions,
): Policy {
  checkOptions(call, options, ["severity", "images"]);
  const { severity = "error", images = [] } = options;
  const fail = (reason: string): never => refuse(call, "POLICY_INVALID", { call: call.name, reason });
  if (!["error", "warning", "info"].includes(severity)) fail('the severity is "error", "warning" or "info"');
  const patterns = typeof images === "string" ? [images] : images;
  if (!Array.isArray(patterns) || !patterns.every((one) => typeof one === "string" && one !== "")) {
    fail("the images are names or patterns");
  }
  const given = typeof checks === "function" ? { plan: checks } : checks;
  const functions = Object.values(given ?? {});
  if (
    functions.length === 0 ||
    !functions.every((check) => check === undefined || typeof check === "function")
  ) {
    fail("it needs a function over the plan, or { built } with one over the built image");
  }
  const made = {
    code: parseFindingCode(call, code),
    severity,
    images: Object.freeze([...patterns]),
    checks: Object.freeze({ ...given }),
    origin: call.origin,
  };
  return Object.freeze(Object.defineProperty(made, BRAND, { value: true }));
}

/** Gives any function the face of a policy, for a name that is both: see `nonRoot`. */
export function withPolicy<T extends (...given: never[]) => unknown>(value: T, made: Policy): T & Policy {
  Object.defineProperty(value, BRAND, { value: true });
  return Object.freeze(Object.assign(value, made));
}

/** Tells a policy from other values, also across two copies of the package. */
export function isPolicy(value: unknown): value is Policy {
  return (typeof value === "object" || typeof value === "function") && value !== null && BRAND in value;
}

/** The severity of a finding: a build fails on errors. */
export type Severity = "error" | "warning" | "info";

/** Something about an image that a policy, or an analysis, found. */
export interface Finding {
  /** A code that never changes: `NON_ROOT`, `MAX_SIZE`. Suppressions name it. */
  readonly code: string;
  readonly severity: Severity;
  /** The image's name in the catalog. */
  readonly image: string;
  /** `linux/amd64`; absent where it holds for all platforms. */
  readonly platform?: string;
  /** The fault, with the figures. */
  readonly message: string;
  /** The way to avoid it, in one line. */
  readonly fix: string;
  /** The user's line that it comes from, where there is one. */
  readonly origin?: Origin;
  /** Bytes that it costs, where that is known. */
  readonly bytes?: number;
}

/** A finding, and why it is let stand where that is so. */
export interface JudgedFinding extends Finding {
  /** Set for a finding that fails nothing. */
  readonly suppressed?: { readonly reason: string; readonly origin?: Origin };
}

/** Reads a limit in bytes, as `200MB` or a number. */
export function readSize(call: Call, given: unknown): number {
  const bytes = typeof given === "string" || typeof given === "number" ? parseSize(given) : undefined;
  if (bytes !== undefined) return bytes;
  return refuse(call, "POLICY_INVALID", {
    call: call.name,
    reason: 'the limit is a size such as "200MB" or "64MiB"',
  });
}

/** A limit in bytes, or as a share of something. */
export type Limit = { readonly bytes: number } | { readonly share: number };

/** Reads a limit as `10MB` or `5%`. */
export function readLimit(call: Call, given: unknown): Limit {
  const [, percent] = typeof given === "string" ? (/^\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(given) ?? []) : [];
  if (percent !== undefined) return { share: Number(percent) / 100 };
  const bytes = typeof given === "string" || typeof given === "number" ? parseSize(given) : undefined;
  if (bytes !== undefined) return { bytes };
  return refuse(call, "POLICY_INVALID", {
    call: call.name,
    reason: 'the limit is a size such as "10MB", or a share such as "5%"',
  });
}

/** Reads a number of things. */
export function readCount(call: Call, given: unknown): number {
  if (typeof given === "number" && Number.isSafeInteger(given) && given >= 0) return given;
  return refuse(call, "POLICY_INVALID", { call: call.name, reason: "the limit is an integer from 0" });
}

/** Reads texts that are not empty. */
export function readTexts(call: Call, what: string, given: unknown): readonly string[] {
  if (Array.isArray(given) && given.every((one) => typeof one === "string" && one !== "")) return given;
  return refuse(call, "POLICY_INVALID", { call: call.name, reason: `the ${what} are an array of texts` });
}

/** A share as people read it. */
export function percentText(share: number): string {
  return `${(share * 100).toFixed(1).replace(/\.0$/, "")} %`;
}

/** Lets the findings of one code stand, for all images of a catalog or for some. */
export interface Suppression {
  /** The finding's code, as `NO_SHELL`. */
  readonly code: string;
  /** A name or a pattern, as `api-*`. @default - all images */
  readonly image?: string;
  /** At least three words, for whoever reads it next. */
  readonly reason: string;
}

/** A suppression and where it was written. */
export interface PlacedSuppression extends Suppression {
  readonly origin?: Origin;
}

/** Reads the suppressions of a catalog. */
export function parseSuppressions(call: Call, given: unknown): readonly PlacedSuppression[] {
  if (given === undefined) return [];
  if (!Array.isArray(given)) {
    return refuse(call, "POLICY_INVALID", { call: call.name, reason: "the suppressions are an array" });
  }
  return given.map((one: Suppression) => {
    checkOptions(call, one, ["code", "image", "reason"]);
    const code = parseFindingCode(call, one.code);
    const reason = parseReason(call, one.code, one.reason);
    const { image } = one;
    if (image !== undefined && (typeof image !== "string" || image === "")) {
      refuse(call, "SUPPRESSION_INVALID", { call: call.name, what: "image", code, got: image });
    }
    return Object.freeze({ code, reason, ...(image === undefined ? {} : { image }), origin: call.origin });
  });
}

/** The suppressions that an image was written with, whatever platform they are for. */
export function ownSuppressions({ steps }: ImageNode): readonly PlacedSuppression[] {
  return steps.flatMap(stepSuppressions);
}

/** Those of the images that an image starts from. */
export function inheritedSuppressions({ base }: ImageNode): readonly PlacedSuppression[] {
  return base.kind === "image" ? [...ownSuppressions(base.image), ...inheritedSuppressions(base.image)] : [];
}

function stepSuppressions(step: Step): readonly PlacedSuppression[] {
  switch (step.kind) {
    case "suppress":
      return [step];
    case "layer":
      return step.steps.flatMap(stepSuppressions);
    case "platform":
      return [...step.variants.flatMap(({ steps }) => steps), ...(step.otherwise ?? [])].flatMap(
        stepSuppressions,
      );
    default:
      return [];
  }
}

/** True when a suppression is for an image of this name. */
export function concerns({ image }: Suppression, name: string): boolean {
  return image === undefined || namePattern(image)(name);
}

/** The codes that the suppressions of a catalog let stand for an image. */
export function suppressedFor(suppressions: readonly Suppression[], name: string): readonly string[] {
  return suppressions.filter((one) => concerns(one, name)).map(({ code }) => code);
}
