import type { MessageArea } from "../message.js";

export const baseMessages = {} satisfies MessageArea;
