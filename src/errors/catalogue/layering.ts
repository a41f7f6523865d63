import type { MessageArea } from "../message.js";

/** Messages: what squash "auto" decides for a whole catalog. */
export const layeringMessages = {} satisfies MessageArea;
