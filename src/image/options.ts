import { type Call, refuse } from "./call.js";
import { closestName } from "./closest-name.js";

/** Refuses an options argument that is no object or has a key outside of `known`: a typo must not be silence. */
export function checkOptions(call: Call, options: unknown, known: readonly string[]): void {
  if (options === null || typeof options !== "object" || Array.isArray(options)) {
    refuse(call, "ARGUMENT_INVALID", {
      call: call.name,
      argument: "options",
      got: options,
      allowed: `an object with ${known.join(", ")}`,
    });
  }
  for (const option of Object.keys(options)) {
    if (known.includes(option)) continue;
    const suggestion = closestName(option, known);
    refuse(call, "OPTION_UNKNOWN", { call: call.name, option, known, suggestion });
  }
}

/** Refuses an option that is neither absent nor a boolean. */
export function checkFlag(call: Call, name: string, value: unknown): void {
  if (value === undefined || typeof value === "boolean") return;
  refuse(call, "ARGUMENT_INVALID", {
    call: call.name,
    argument: `option ${name}`,
    got: value,
    allowed: "true or false",
  });
}

/** The object without its undefined members, which `exactOptionalPropertyTypes` keeps out of nodes. */
export function defined<T extends object>(members: { [Key in keyof T]: T[Key] | undefined }): T {
  const kept = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as T;
}
