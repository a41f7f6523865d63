import type { MessageArea } from "../message.js";

/** Images on their way: loading into an engine, rebasing, copying. */
export const transferMessages = {} satisfies MessageArea;
