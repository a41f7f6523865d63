import type { MessageArea } from "../message.js";

/** Messages: what images share, and what a squash costs. */
export const sharingMessages = {} satisfies MessageArea;
