import { canonicalJson } from "../../core/json.js";

/** True when two JSON values say the same. */
export function sameJson(left: unknown, right: unknown): boolean {
  if (left === undefined || right === undefined) return left === right;
  return canonicalJson(left) === canonicalJson(right);
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Fields with a new origin: what is as it was in the old origin becomes what it is in the new one, and what is not
 * was set on purpose and stays.
 */
export function swapFields(own: Fields, from: Fields, onto: Fields): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const key of new Set([...Object.keys(onto), ...Object.keys(own)])) {
    const value = sameJson(own[key], from[key]) ? onto[key] : own[key];
    if (value !== undefined) result[key] = value;
  }
  return result;
}
