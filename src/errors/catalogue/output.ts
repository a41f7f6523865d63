import type { MessageArea } from "../message.js";

export const outputMessages = {} satisfies MessageArea;
