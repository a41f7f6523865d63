import { isLayerwrightError } from "../errors/layerwright-error.js";

/**
 * Builds and writes once more when a blob of the store turned out damaged or gone on the way: the store dropped it,
 * so the second build makes it anew. A damaged store costs time and never a build.
 */
export async function retryOnDamage<Result>(buildAndWrite: () => Promise<Result>): Promise<Result> {
  try {
    return await buildAndWrite();
  } catch (error) {
    if (!isLayerwrightError(error) || (error.code !== "BLOB_DAMAGED" && error.code !== "BLOB_MISSING"))
      throw error;
    return buildAndWrite();
  }
}
