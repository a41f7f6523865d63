import type { MessageArea } from "../message.js";

/** Messages: what an image must and must not be. */
export const policyMessages = {} satisfies MessageArea;
