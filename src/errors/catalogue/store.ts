import type { MessageArea } from "../message.js";

export const storeMessages = {} satisfies MessageArea;
