import type { MessageArea } from "../message.js";

export const cliMessages = {} satisfies MessageArea;
