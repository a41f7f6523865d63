/**
 * Freezes plain data through and through, so that a description stays a value.
 * Binary contents (`Uint8Array`) and class instances are left as they are: freezing a typed array throws.
 */
export function deepFreeze<T>(value: T): T {
  if (value === null || typeof value !== "object" || Object.isFrozen(value)) return value;
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== Array.prototype && prototype !== null) return value;
  for (const key of Object.keys(value)) deepFreeze((value as Record<string, unknown>)[key]);
  return Object.freeze(value);
}

/** The object without its undefined members, which `exactOptionalPropertyTypes` keeps out of nodes. */
export function defined<T extends object>(members: { [Key in keyof T]: T[Key] | undefined }): T {
  const kept = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as T;
}
