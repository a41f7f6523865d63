import type { CommanderError } from "commander";
import { UsageError } from "./usage-error.js";

const HELP = new Set(["commander.help", "commander.helpDisplayed", "commander.version"]);

/** Tells commander's own way of ending from other errors, without loading it. */
export function isCommanderError(error: unknown): error is CommanderError {
  return error instanceof Error && error.name === "CommanderError";
}

/** True when commander ended because it printed the help or the version that were asked for. */
export function isAnswered(error: CommanderError): boolean {
  return HELP.has(error.code);
}

/** Commander's words for a wrong command line, as one of our errors. */
export function commandLineError(error: CommanderError, command: string): UsageError {
  const [first = "", ...more] = error.message.split("\n");
  const suggestion = /\(Did you mean (?:one of )?(.+)\?\)/.exec(more.join(" "))?.[1];
  const reason = first.replace(/^error: /, "").replace(/\.$/, "");
  return new UsageError("COMMAND_LINE_INVALID", { reason, suggestion, command });
}
