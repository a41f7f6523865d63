import { namePattern } from "../core/glob.js";
import type { Origin } from "../errors/origin.js";
import { type Call, checkOptions, refuse } from "../image/call.js";
import { parseFindingCode, parseReason } from "../image/config-steps.js";
import type { ImageNode, Step } from "../image/nodes.js";

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
