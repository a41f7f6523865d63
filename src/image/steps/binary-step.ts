import type { Origin } from "../../errors/origin.js";
import type { Mode } from "../mode.js";
import type { Owner } from "../owner.js";
import type { Source } from "../source.js";

/** Copies one executable and proves from its ELF header that it can run in this image. */
export interface BinaryStep {
  readonly kind: "binary";
  readonly source: Source;
  readonly dest: string;
  readonly owner?: Owner;
  readonly mode: Mode;
  readonly origin?: Origin;
}
