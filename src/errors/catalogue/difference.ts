import type { MessageArea } from "../message.js";

/** Messages: comparing two images. */
export const differenceMessages = {} satisfies MessageArea;
