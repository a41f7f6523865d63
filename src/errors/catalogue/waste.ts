import type { MessageArea } from "../message.js";

/** Messages: what an image holds and nobody needs. */
export const wasteMessages = {} satisfies MessageArea;
