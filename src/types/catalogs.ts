/** The types behind catalogs and matrices. */
export type { CatalogConstructor, CatalogEntries, ImageNames } from "../catalog/catalog.js";
export type { MapOptions } from "../catalog/catalog-options.js";
export type { MatrixAxes, MatrixNames, MatrixOptions, MatrixValues } from "../catalog/matrix.js";
