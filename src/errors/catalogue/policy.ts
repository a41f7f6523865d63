import { sizeText } from "../../core/size.js";

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : value === null ? "null" : typeof value;
}

/** Messages: requirements of policies. */
export const policyMessages = {
  POLICIES_BROKEN: (p: {
    broken: readonly { readonly code: string; readonly image: string; readonly text: string }[];
  }) => ({
    message: `the policies find ${p.broken.length === 1 ? "an error" : `${p.broken.length} errors`}, and nothing was written:${p.broken.map(({ code, image, text }) => `\n  ${code} ${image}: ${text}`).join("")}`,
    hint: 'fix them (`layerwright check` says how), or suppress one with a reason: image.suppress("CODE", "why")',
  }),
  POLICY_CHECK_FAILED: (p: { code: string; image: string; reason: string }) => ({
    message: `the policy ${p.code} could not judge ${p.image}: ${p.reason}`,
    hint: "fix the function of the policy: it must return nothing, or findings with a message and a fix",
  }),
  POLICY_INVALID: (p: { call: string; reason: string }) => ({
    message: `${p.call}: ${p.reason}`,
    hint: "see the list of policies and their options in docs/policies.md",
  }),
  SECRET_IN_IMAGE: (p: { where: string; what: string }) => ({
    message: `${p.where} has ${p.what}, which everyone who has the image or its Dockerfile can read`,
    hint: 'give it when a container starts, or to a command of the build by a mount of type "secret"; if it is not a secret, image.suppress("NO_SECRETS", "the reason")',
  }),
  SUPPRESSION_INVALID: (p: {
    call: string;
    what: "code" | "reason" | "image";
    code: unknown;
    got: unknown;
  }) => ({
    message:
      p.what === "code"
        ? `${p.call}: the code of a finding must be upper-case words joined by "_", got ${shown(p.got)}`
        : p.what === "reason"
          ? `${p.call}: the reason for ${shown(p.code)} must be text of at least three words, got ${shown(p.got)}`
          : `${p.call}: the image of the suppression of ${shown(p.code)} must be a name or a pattern, got ${shown(p.got)}`,
    hint: 'write "NO_SHELL" and a reason, such as "operators debug this one in place"',
  }),
};

const NAMED = 3;

/** Messages: what images share, and what a squash costs. */
export const sharingMessages = {
  SQUASH_UNSHARES: (p: {
    image: string;
    saved: number;
    unshared: number;
    with: readonly string[];
    limit: number;
  }) => ({
    message: `${p.image} is squashed with "all", which saves ${sizeText(p.saved)} but unshares ${sizeText(p.unshared)} of its base with ${namesText(p.with)}; this catalog allows ${sizeText(p.limit)} (maxUnshared)`,
    hint: 'write .squash("own"), which keeps the base shared, or allow more with `maxUnshared`; `layerwright share --price` has the figures of each policy',
  }),
};

function namesText(names: readonly string[]): string {
  const more = names.length - NAMED;
  return more > 0
    ? `${names.slice(0, NAMED).join(", ")} and ${more} ${more === 1 ? "other" : "others"}`
    : names.join(", ");
}
