import type { MessageArea } from "../message.js";

/** Messages: testing one's own images. */
export const assertionMessages = {} satisfies MessageArea;
