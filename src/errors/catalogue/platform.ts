import type { MessageArea } from "../message.js";

/** Images for several platforms. */
export const platformMessages = {} satisfies MessageArea;
