import type { Recipe } from "../image/image.js";

/**
 * Makes `/tmp` as programs expect it: everybody may write, and only owners may remove (mode 1777).
 *
 * @example
 * ```ts
 * import { Image, tmpDir } from "layerwright";
 *
 * export const hello = Image.scratch().binary("dist/hello", "/hello").with(tmpDir()).cmd(["/hello"]);
 * ```
 */
export function tmpDir(): Recipe {
  return (image) => image.mkdir("/tmp", { mode: 0o1777 });
}
