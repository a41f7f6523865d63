import type { MessageArea } from "../message.js";

export const contextMessages = {} satisfies MessageArea;
