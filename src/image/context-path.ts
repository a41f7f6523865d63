import { posix } from "node:path";
import { type Call, refuse } from "./call.js";
import { checkPathText } from "./container-path.js";

/** Reads a path or pattern in a context: relative, inside, cleaned; `.` is the whole context. */
export function parseContextPath(call: Call, value: unknown): string {
  if (typeof value !== "string" || value.trim() === "") {
    refuse(call, "SOURCE_INVALID", { call: call.name, got: value, reason: "is empty" });
  }
  const text = checkPathText(call, value);
  const outside = (reason: string): never =>
    refuse(call, "SOURCE_OUTSIDE_CONTEXT", { call: call.name, got: text, reason }, text);
  if (/^([/\\]|[A-Za-z]:[/\\])/.test(text)) outside("is absolute");
  if (/^~\//.test(text)) outside("starts with ~, which only a shell expands");
  const cleaned = posix.normalize(text);
  if (cleaned === ".." || cleaned.startsWith("../")) outside("leads out of the build context");
  return cleaned.length > 1 && cleaned.endsWith("/") ? cleaned.slice(0, -1) : cleaned;
}
