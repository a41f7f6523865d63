import type { Origin } from "../../errors/origin.js";

/** What manages a package. */
export type PackageKind = "dpkg" | "apk" | "npm" | "python";

/** One package that came, went or has another version. */
export interface PackageDifference {
  readonly kind: PackageKind;
  readonly name: string;
  /** The folder that it is installed in, of the kinds that can have several: `/app/node_modules`. */
  readonly folder?: string;
  /** Its version before; absent for one that came. */
  readonly before?: string;
  /** Its version after; absent for one that went. */
  readonly after?: string;
  /** The user's line that wrote the file which says so, where that is known. */
  readonly origin?: Origin;
}
