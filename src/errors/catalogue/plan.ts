import type { MessageArea } from "../message.js";

export const planMessages = {} satisfies MessageArea;
