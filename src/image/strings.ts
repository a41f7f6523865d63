import { type Call, refuse, refuseArgument } from "./call.js";

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

/** The two spellings of names with values: one record, or one name and its value. */
export type StringPairs = [record: Readonly<Record<string, string>>] | [name: string, value: string];

/** Turns the two spellings, a record or a name and a value, into a record. The order of the keys is kept. */
export function recordOf(
  call: Call,
  what: string,
  first: unknown,
  second: unknown,
  count: number,
): Record<string, unknown> {
  if (typeof first === "string" && count > 1) return { [first]: second };
  if (typeof first === "object" && first !== null && !Array.isArray(first) && count === 1) {
    return first as Record<string, unknown>;
  }
  const got = typeof first === "string" ? second : first;
  return refuseArgument(call, "argument", got, `a record of ${what}, or a name and a value`);
}

/** Reads environment variables, or refuses them with `ENV_NAME_INVALID` or `ENV_VALUE_INVALID`. */
export function parseVariables(
  call: Call,
  record: Record<string, unknown>,
): Readonly<Record<string, string>> {
  const variables: [string, string][] = [];
  for (const [name, value] of Object.entries(record)) {
    if (name === "" || /[=\0\n\r]/.test(name) || !isWellFormed(name)) {
      refuse(call, "ENV_NAME_INVALID", { call: call.name, got: name });
    }
    variables.push([name, checkValue(call, name, value)]);
  }
  return Object.fromEntries(variables);
}

/** Reads labels or annotations, or refuses them with `LABEL_INVALID`. */
export function parseLabels(call: Call, record: Record<string, unknown>): Readonly<Record<string, string>> {
  const labels: [string, string][] = [];
  for (const [key, value] of Object.entries(record)) {
    const invalid = (reason: string): never =>
      refuse(call, "LABEL_INVALID", { call: call.name, key, reason });
    if (key === "") invalid("is an empty key");
    if (key.includes("\0")) invalid("is a key that holds a NUL");
    if (Buffer.byteLength(key) > 4096) invalid("is a key longer than 4096 bytes");
    if (typeof value !== "string") return invalid("has a value that is not a string");
    if (value.includes("\0")) invalid("has a value that holds a NUL");
    if (!isWellFormed(key) || !isWellFormed(value)) invalid("is not well-formed Unicode");
    labels.push([key, value]);
  }
  return Object.fromEntries(labels);
}

/** The value itself is never shown: it may be a secret. */
function checkValue(call: Call, variable: string, value: unknown): string {
  const invalid = (reason: string): never =>
    refuse(call, "ENV_VALUE_INVALID", { call: call.name, variable, reason });
  if (typeof value !== "string") {
    return invalid(value === undefined ? "is undefined" : `is a ${typeof value}, not a string`);
  }
  if (value.includes("\0")) return invalid("holds a NUL");
  return isWellFormed(value) ? value : invalid("is not well-formed Unicode");
}

/** True when text has no lone surrogate: such a one has no UTF-8, and so cannot be a path or a value on Linux. */
export function isWellFormed(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
