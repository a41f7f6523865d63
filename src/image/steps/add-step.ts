import type { Origin } from "../../errors/origin.js";
import type { Mode } from "../mode.js";
import type { Owner } from "../owner.js";

/** Fetches one file and verifies its sha256. */
export interface AddStep {
  readonly kind: "add";
  readonly url: string;
  readonly dest: string;
  /** 64 lower-case hex characters. */
  readonly sha256: string;
  readonly owner?: Owner;
  readonly mode?: Mode;
  readonly origin?: Origin;
}
