import { sizeText } from "../../core/size.js";
import type { MessageArea } from "../message.js";

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
} satisfies MessageArea;

function namesText(names: readonly string[]): string {
  const more = names.length - NAMED;
  return more > 0
    ? `${names.slice(0, NAMED).join(", ")} and ${more} ${more === 1 ? "other" : "others"}`
    : names.join(", ");
}
