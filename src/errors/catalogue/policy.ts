import { sizeText } from "../../core/size.js";

function shown(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : value === null ? "null" : typeof value;
}

/** Messages: what an image must and must not be. */
export const policyMessages = {
  POLICIES_BROKEN: (p: {
    broken: readonly { readonly code: string; readonly image: string; readonly text: string }[];
  }) => ({
    message: `the policies find ${p.broken.length === 1 ? "an error" : `${p.broken.length} errors`}, and nothing was written:${p.broken.map(({ code, image, text }) => `\n  ${code} ${image}: ${text}`).join("")}`,
    hint: 'mend them (`layerwright check` says how), or let one stand with a reason: image.suppress("CODE", "why")',
  }),
  POLICY_CHECK_FAILED: (p: { code: string; image: string; reason: string }) => ({
    message: `the policy ${p.code} could not judge ${p.image}: ${p.reason}`,
    hint: "mend the function of the policy; it gives back nothing, or findings with a message and a fix",
  }),
  POLICY_INVALID: (p: { call: string; reason: string }) => ({
    message: `${p.call}: ${p.reason}`,
    hint: "docs/policies.md lists the policies and what they take",
  }),
  SECRET_IN_IMAGE: (p: { where: string; what: string }) => ({
    message: `${p.where} holds ${p.what}, for everybody who has the image or its Dockerfile`,
    hint: 'give it when a container starts, or to a command of the build by a mount of type "secret"; where it is none, image.suppress("NO_SECRETS", "why it may stand")',
  }),
  SUPPRESSION_INVALID: (p: {
    call: string;
    what: "code" | "reason" | "image";
    code: unknown;
    got: unknown;
  }) => ({
    message:
      p.what === "code"
        ? `${p.call}: ${shown(p.got)} is no code of a finding, allowed are upper-case words joined by "_"`
        : p.what === "reason"
          ? `${p.call}: the reason for ${shown(p.code)} is ${shown(p.got)}, allowed is text of at least three words`
          : `${p.call}: the image of the suppression of ${shown(p.code)} is ${shown(p.got)}, allowed is a name or a pattern`,
    hint: 'write "NO_SHELL" and why the finding may stand, such as "operators debug this one in place"',
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
    message: `${p.image} is squashed with "all", which makes it ${sizeText(p.saved)} smaller and takes ${sizeText(p.unshared)} of its base out of what it shares with ${namesText(p.with)}; this catalog allows ${sizeText(p.limit)} (maxUnshared)`,
    hint: 'write .squash("own"), which keeps the base shared, or allow more with `maxUnshared`; `layerwright share --price` has the figures of each policy',
  }),
};

function namesText(names: readonly string[]): string {
  const more = names.length - NAMED;
  return more > 0
    ? `${names.slice(0, NAMED).join(", ")} and ${more} ${more === 1 ? "other" : "others"}`
    : names.join(", ");
}
