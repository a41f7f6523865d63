import type {} from "vitest";
import type { ImageMatchers } from "./images/image-matchers.js";

export { imageMatchers } from "./images/image-matchers.js";
export type { ImageMatchers };

declare module "vitest" {
  // biome-ignore lint/suspicious/noExplicitAny: declarations merge only under the very parameters that vitest declares
  interface Matchers<T = any> extends ImageMatchers {}
}
