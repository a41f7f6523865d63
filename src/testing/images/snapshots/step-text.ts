import type { Operation } from "../../../plan/operation.js";
import { describeOperation, modeText, ownerText } from "../../../plan/operation.js";
import { steadyText } from "./steady-text.js";

/** A step on lines of its own: all that it does, without the contents that it writes. */
export function stepLines(operation: Operation): readonly string[] {
  if (operation.op === "run" || (operation.op === "hostRun" && !("function" in operation.command))) {
    const command = operation.command as string | readonly string[];
    const text = typeof command === "string" ? command.trim() : JSON.stringify(command);
    const [first, ...more] = steadyText(text).split("\n");
    return [`${operation.op} ${first}`, ...more.map((line) => `  ${line}`)];
  }
  return [steadyText(`${describeOperation(operation)}${attributes(operation)}`)];
}

function attributes(operation: Operation): string {
  const parts: string[] = [];
  // The words of chmod and chown have theirs already.
  if ("mode" in operation && operation.mode !== undefined && operation.op !== "chmod")
    parts.push(`mode ${modeText(operation.mode)}`);
  if ("owner" in operation && operation.owner !== undefined && operation.op !== "chown")
    parts.push(`owner ${ownerText(operation.owner)}`);
  if ("recursive" in operation && operation.recursive === true) parts.push("recursive");
  if (operation.op === "copy" && operation.exclude !== undefined)
    parts.push(`without ${operation.exclude.join(", ")}`);
  return parts.length === 0 ? "" : ` (${parts.join(", ")})`;
}
