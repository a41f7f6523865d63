import { type Call, refuse } from "./call.js";

/**
 * The owner of files: a numeric id or a name that is looked up in the image's own `/etc/passwd` and `/etc/group`.
 * Without a group, a number stands for the group too, and a name brings its primary group (as Docker does).
 */
export interface Owner {
  readonly user: number | string;
  readonly group?: number | string;
}

/** An owner as a user writes it: `65532`, `"www-data"`, `"app:app"`, `"1000:1000"`, or the parts by name. */
export type OwnerInput = number | string | Owner;

/** The largest id that runc, containerd and Docker take; above it an id has wrapped round to root (CVE-2024-40635). */
const MAX_ID = 2 ** 31 - 1;
/** Names that shadow-utils allows at its widest: no `:`, no blank, no control character, and no leading dash. */
const NAME = /^[A-Za-z_][A-Za-z0-9_.-]{0,254}\$?$/;

/** Reads an owner, or refuses it with `OWNER_INVALID`. */
export function parseOwner(call: Call, value: unknown): Owner {
  if (typeof value === "object" && value !== null && "user" in value) {
    const { user, group } = value as { user: unknown; group?: unknown };
    const parsed = parseUserOrGroup(call, user, value);
    return group === undefined
      ? { user: parsed }
      : { user: parsed, group: parseUserOrGroup(call, group, value) };
  }
  if (typeof value === "number") return { user: parseUserOrGroup(call, value, value) };
  if (typeof value !== "string") return invalid(call, value, "it is neither a number nor a string");
  const parts = value.split(":");
  if (parts.length > 2) return invalid(call, value, 'more than one ":"');
  const user = parseUserOrGroup(call, parts[0], value);
  return parts.length === 1 ? { user } : { user, group: parseUserOrGroup(call, parts[1], value) };
}

/** An owner as Docker and OCI write it: `user` or `user:group`. */
export function ownerText(owner: Owner): string {
  return owner.group === undefined ? `${owner.user}` : `${owner.user}:${owner.group}`;
}

function parseUserOrGroup(call: Call, part: unknown, whole: unknown): number | string {
  if (typeof part === "string" && /^[+-]?\d/.test(part)) {
    return /^\d+$/.test(part)
      ? parseUserOrGroup(call, Number(part), whole)
      : invalid(call, whole, "a name does not start with a digit or a sign");
  }
  if (typeof part === "number") {
    if (Number.isInteger(part) && part >= 0 && part <= MAX_ID) return part;
    return invalid(call, whole, `an id is an integer from 0 to ${MAX_ID}`);
  }
  if (part === "") return invalid(call, whole, "a part is empty");
  if (typeof part === "string" && NAME.test(part)) return part;
  return invalid(call, whole, 'a name holds letters, digits, ".", "-" and "_", first a letter or "_"');
}

function invalid(call: Call, got: unknown, reason: string): never {
  return refuse(call, "OWNER_INVALID", { call: call.name, got: ownerLike(got), reason });
}

function ownerLike(got: unknown): unknown {
  if (typeof got !== "object" || got === null || !("user" in got)) return got;
  const { user, group } = got as { user: unknown; group?: unknown };
  return group === undefined ? user : `${String(user)}:${String(group)}`;
}
