import { type Call, refuse } from "./call.js";
import { isWellFormed } from "./well-formed.js";

/** Reads the arguments of a command: an array of strings without NUL. A single string is refused, not split. */
export function parseArguments(call: Call, value: unknown, least: 0 | 1): readonly string[] {
  if (!Array.isArray(value) || value.some((item) => typeof item !== "string")) {
    refuse(call, "COMMAND_NOT_ARRAY", { call: call.name, got: value });
  }
  const args = [...(value as string[])];
  if (args.length < least) refuse(call, "COMMAND_INVALID", { call: call.name, reason: "the array is empty" });
  if (least === 1 && args[0] === "") {
    refuse(call, "COMMAND_INVALID", { call: call.name, reason: "the program's name is empty" });
  }
  for (const [index, item] of args.entries()) checkArgument(call, item, `argument ${index + 1}`);
  return args;
}

/** Refuses text that cannot be an argument of a process. */
export function checkArgument(call: Call, text: string, what: string): void {
  if (text.includes("\0"))
    refuse(call, "COMMAND_INVALID", { call: call.name, reason: `${what} holds a NUL` });
  if (!isWellFormed(text)) {
    refuse(call, "COMMAND_INVALID", { call: call.name, reason: `${what} is not well-formed Unicode` });
  }
}
