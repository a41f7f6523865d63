import type { LockedLayering } from "./lock.js";
import { type Fail, known } from "./lock-members.js";

/** Reads what was decided about the layers of one stage. */
export function readLayering(key: string, value: unknown, place: string, fail: Fail): LockedLayering {
  if (!/^[0-9a-f]{16}$/.test(key)) fail(place, "is no id of a stage: 16 hex characters in lower case");
  const keys = ["images", "layers", "melt", "portable", "why"];
  const { images, layers, melt, portable, why } = known(value, keys, place, fail);
  if (typeof melt !== "boolean") return fail(`${place}.melt`, "is neither true nor false");
  if (!isTexts(images)) return fail(`${place}.images`, "is no list of texts");
  if (!isTexts(why)) return fail(`${place}.why`, "is no list of texts");
  if (!isPlaces(portable)) return fail(`${place}.portable`, "is no list of places");
  if (!Array.isArray(layers) || !layers.every(isPlaces) || layers.some((layer) => layer.length === 0))
    return fail(`${place}.layers`, "is no list of lists of places");
  return { images, layers, melt, portable, why };
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isPlaces(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && item >= 0);
}
