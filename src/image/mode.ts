import { type Call, refuse } from "./call.js";

/**
 * Permission bits: a number 0 to 0o7777, or symbolic clauses as chmod(1) takes them (`u=rwX,go=rX`), which are
 * applied to the mode that each file has.
 */
export type Mode = { readonly octal: number } | { readonly symbolic: string };

/** Permission bits as a user writes them: `0o755`, `"0755"`, `"755"`, `"0o755"` or `"u=rwX,go=rX"`. */
export type ModeInput = number | string;

/** One clause of chmod(1): who, then operators with permissions or the letter of a class to copy from. */
const CLAUSE = "[ugoa]*([-+=]([rwxXst]*|[ugo]))+";
const SYMBOLIC = new RegExp(`^${CLAUSE}(,${CLAUSE})*$`);
const OCTAL = /^(0o?)?[0-7]{1,4}$/;

/**
 * Decimal numbers that are a usual mode when read as octal. `755` is 0o1363 and surely a mistake; `8` or `420`
 * (0o644 written in decimal by another tool) are taken as they are.
 */
const USUAL = /^[1-7]?[0-7]{3}$/;
const USUAL_CLASSES = new Set([0, 1, 4, 5, 6, 7]);

/** Reads permission bits, or refuses them with `MODE_INVALID` or `MODE_DECIMAL`. */
export function parseMode(call: Call, value: unknown): Mode {
  if (typeof value === "number") return { octal: numericMode(call, value) };
  const invalid = (reason: string): never =>
    refuse(call, "MODE_INVALID", { call: call.name, got: value, reason });
  if (typeof value !== "string") return invalid("is neither a number nor a string");
  if (OCTAL.test(value)) return { octal: Number.parseInt(value.replace(/^0o/, ""), 8) };
  if (SYMBOLIC.test(value)) return { symbolic: value };
  if (/^(0o?)?[0-9]+$/.test(value)) {
    return invalid(/[89]/.test(value) ? "has a digit that is not octal" : "is above 7777");
  }
  return invalid("is neither octal digits nor clauses of chmod");
}

function numericMode(call: Call, value: number): number {
  const invalid = (reason: string): never =>
    refuse(call, "MODE_INVALID", { call: call.name, got: value, reason });
  if (!Number.isInteger(value)) return invalid("is not an integer");
  if (looksDecimal(value)) refuse(call, "MODE_DECIMAL", { call: call.name, got: value });
  if (value < 0 || value > 0o7777) return invalid("is outside of 0 to 0o7777");
  return value;
}

/** True when the decimal digits read as a mode that people use, and the number itself does not (0o4755 is 2541). */
function looksDecimal(value: number): boolean {
  return isUsual(String(value)) && !isUsual(value.toString(8));
}

function isUsual(digits: string): boolean {
  if (!USUAL.test(digits)) return false;
  // In a usual mode the owner may read, and nobody may do what the owner may not.
  const [user = 0, group = 0, other = 0] = [...digits.slice(-3)].map(Number);
  const usual = [user, group, other].every((bits) => USUAL_CLASSES.has(bits));
  return usual && user >= 4 && (group & ~user) === 0 && (other & ~user) === 0;
}
