import { redactUrl } from "../plan/operation.js";

/** Refuses a lock: what is wrong, and where. */
export type Fail = (place: string, reason: string) => never;

/** The members of an object of the file, none of which is believed yet. */
export type Members = Readonly<Record<string, unknown>>;

/** The members of an object, each read under its own place. */
export function each<T>(
  value: unknown,
  place: string,
  fail: Fail,
  read: (key: string, member: unknown, place: string, fail: Fail) => T,
): Record<string, T> {
  if (!isMembers(value)) return fail(place, "is missing or no object");
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key,
      read(key, member, `${place}[${JSON.stringify(redactUrl(key))}]`, fail),
    ]),
  );
}

/** The members of an object that has no others than these. */
export function known(value: unknown, keys: readonly string[], place: string, fail: Fail): Members {
  if (!isMembers(value)) return fail(place, "is no object");
  const other = Object.keys(value).find((key) => !keys.includes(key));
  if (other !== undefined) fail(place, `has ${JSON.stringify(other)}, which is none of ${keys.join(", ")}`);
  return value;
}

/** A number of bytes. */
export function bytes(size: unknown, place: string, fail: Fail): number {
  if (Number.isSafeInteger(size) && (size as number) >= 0) return size as number;
  return fail(`${place}.size`, "is no number of bytes");
}

/** True when a value is an object with members. */
export function isMembers(value: unknown): value is Members {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
