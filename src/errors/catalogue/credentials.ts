import type { MessageArea } from "../message.js";

/** Who the user is to a registry, and the files and helpers that know. */
export const credentialsMessages = {} satisfies MessageArea;
