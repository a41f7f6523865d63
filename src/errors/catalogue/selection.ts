import type { MessageArea } from "../message.js";

/** Messages: which images a command works on. */
export const selectionMessages = {} satisfies MessageArea;
