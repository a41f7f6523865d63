import type { MessageArea } from "../message.js";

/** The lock: what is in it, and what a build asks of it. */
export const lockMessages = {} satisfies MessageArea;
