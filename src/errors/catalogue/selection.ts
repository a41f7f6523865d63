import type { MessageArea } from "../message.js";

/** Messages: which images there are, and which of them a command works on. */
export const selectionMessages = {
  GROUP_UNKNOWN: (p: { got: string; known: readonly string[]; suggestion: string | undefined }) => ({
    message: `there is no group ${JSON.stringify(p.got)} in the catalog; its groups are ${p.known.length === 0 ? "none" : p.known.join(", ")}`,
    hint:
      p.suggestion === undefined
        ? 'name groups in the catalog: new Catalog("acme", images, { groups: { nightly: ["api/*"] } })'
        : `did you mean @${p.suggestion}?`,
  }),
} satisfies MessageArea;
