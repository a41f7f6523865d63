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

const RWX_USER = 0o4700;
const RWX_GROUP = 0o2070;
const RWX_OTHER = 0o1007;
const ALL = 0o7777;
/** The bits that a clause without u, g, o or a leaves out: the umask that builds run with. */
const UMASK = 0o022;

/**
 * Permission bits after symbolic clauses, as chmod(1) of GNU coreutils computes them. `X` stands for execute where the
 * thing is a directory or somebody may execute it already.
 *
 * Source: POSIX.1-2017, chmod, "extended description".
 */
export function applySymbolicMode(clauses: string, before: number, isFolder: boolean): number {
  let bits = before & ALL;
  for (const clause of clauses.split(",")) bits = applyClause(clause, bits, isFolder);
  return bits;
}

function applyClause(clause: string, before: number, folder: boolean): number {
  const who = /^[ugoa]*/.exec(clause)![0];
  const affected = classes(who);
  let bits = before;
  for (const [, operator, permissions] of clause
    .slice(who.length)
    .matchAll(/([-+=])([rwxXst]*|[ugo])(?=[-+=]|$)/g)) {
    const value = permissionBits(permissions!, bits, folder);
    // A directory keeps setuid and setgid unless they are named.
    const omitted = folder ? 0o6000 & ~(affected === 0 ? value : affected & value) : 0;
    const change = value & (affected === 0 ? ~UMASK : affected) & ~omitted;
    if (operator === "+") bits |= change;
    else if (operator === "-") bits &= ~change;
    else bits = (bits & ((affected === 0 ? 0 : ~affected) | omitted)) | change;
  }
  return bits & ALL;
}

function classes(who: string): number {
  let affected = 0;
  for (const letter of who) {
    affected |= letter === "u" ? RWX_USER : letter === "g" ? RWX_GROUP : letter === "o" ? RWX_OTHER : ALL;
  }
  return affected;
}

function permissionBits(letters: string, bits: number, folder: boolean): number {
  const copied = letters === "u" ? (bits >> 6) & 7 : letters === "g" ? (bits >> 3) & 7 : bits & 7;
  if (letters === "u" || letters === "g" || letters === "o") return copied * 0o111;
  let value = 0;
  for (const letter of letters) {
    if (letter === "r") value |= 0o444;
    else if (letter === "w") value |= 0o222;
    else if (letter === "x") value |= 0o111;
    else if (letter === "X") value |= folder || (bits & 0o111) !== 0 ? 0o111 : 0;
    else if (letter === "s") value |= 0o6000;
    else if (letter === "t") value |= 0o1000;
  }
  return value;
}

/** Permission bits after a mode option; octal bits replace them. */
export function modeAfter(mode: Mode | undefined, before: number, isFolder: boolean): number {
  if (mode === undefined) return before;
  return "octal" in mode ? mode.octal : applySymbolicMode(mode.symbolic, before, isFolder);
}
