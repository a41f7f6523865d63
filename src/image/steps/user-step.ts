import type { Origin } from "../../errors/origin.js";

/** Sets the user (and group) that commands run as. */
export interface UserStep {
  readonly kind: "user";
  /** `name`, `uid`, `name:group` or `uid:gid`. */
  readonly user: string;
  readonly origin?: Origin;
}
