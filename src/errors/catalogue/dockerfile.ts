import type { MessageArea } from "../message.js";

export const dockerfileMessages = {} satisfies MessageArea;
