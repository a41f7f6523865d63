import type { Digest } from "./digest.js";
import type { Platform } from "./platform.js";

/** A reference to a blob: what it is, its digest and its size in bytes (image-spec descriptor.md). */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  readonly size: number;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly platform?: Platform;
}
