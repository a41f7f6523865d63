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
  SELECTION_FILE_UNKNOWN: (p: { path: string; context: string }) => ({
    message: `--affected-by ${p.path}: it is neither there nor below a folder that an image reads`,
    hint: `name a file or folder as it is from where you are; images read what is in ${p.context}, in named contexts, and in bases on disk`,
  }),
} satisfies MessageArea;
