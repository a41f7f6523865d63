import type { MessageArea } from "../message.js";

/** Registries: what they answer, and what of it must not be. */
export const registryMessages = {} satisfies MessageArea;
