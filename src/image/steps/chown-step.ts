import type { Origin } from "../../errors/origin.js";
import type { Owner } from "../owner.js";

/** Changes the owner. */
export interface ChownStep {
  readonly kind: "chown";
  readonly path: string;
  readonly owner: Owner;
  readonly recursive?: boolean;
  readonly origin?: Origin;
}
