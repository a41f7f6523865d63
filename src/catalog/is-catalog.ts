import type { Catalog } from "./catalog.js";

/** By this a catalog is known. */
export const CATALOG_BRAND = Symbol.for("layerwright.catalog");

/** Tells a catalog from other values, also across two copies of the package. */
export function isCatalog(value: unknown): value is Catalog {
  return typeof value === "object" && value !== null && CATALOG_BRAND in value;
}
