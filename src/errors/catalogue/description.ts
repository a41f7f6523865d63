import type { MessageArea } from "../message.js";

export const descriptionMessages = {} satisfies MessageArea;
