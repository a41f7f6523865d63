import type { MessageArea } from "../message.js";

/** Messages: the page that a catalog becomes. */
export const reportMessages = {} satisfies MessageArea;
