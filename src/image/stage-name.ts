import { type Call, refuse } from "./call.js";

/** Reads the name of a stage as BuildKit takes it, or refuses it with `STAGE_NAME_INVALID`. */
export function parseStageName(call: Call, name: unknown): string {
  if (typeof name === "string" && /^[a-z][a-z0-9_.-]*$/.test(name)) return name;
  return refuse(call, "STAGE_NAME_INVALID", { got: name });
}
