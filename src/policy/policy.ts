import type { Origin } from "../errors/origin.js";
import { beginCall, type Call, checkOptions, refuse } from "../image/call.js";
import { parseFindingCode } from "../image/config-steps.js";
import type { Severity } from "./finding.js";
import type { BuiltPolicyImage, PolicyImage } from "./policy-image.js";

const BRAND = Symbol.for("layerwright.policy");

/** What a policy says of an image; its code is the policy's. */
export interface PolicyFinding {
  /** What is wrong, with the figures, and never with a secret. */
  readonly message: string;
  /** What to do about it, in one line. */
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

/** What a policy looks at. */
export interface PolicyChecks {
  /** Looks at the plan: costs nothing, and runs before anything is built. */
  readonly plan?: (image: PolicyImage) => PolicyAnswer | Promise<PolicyAnswer>;
  /** Looks at the built image, which is made for it in the store. */
  readonly built?: (image: BuiltPolicyImage) => PolicyAnswer | Promise<PolicyAnswer>;
  /** True when `built` has anything to add for this image. @default - always */
  readonly needsBuilt?: (image: PolicyImage) => boolean;
}

/** What can be chosen about every policy. */
export interface PolicyOptions {
  /** A build fails on errors. @default - "error" */
  readonly severity?: Severity;
  /** Names or patterns of the images that it holds for, as `api-*`. @default - all */
  readonly images?: string | readonly string[];
}

/** What an image must, or must not, be. */
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
