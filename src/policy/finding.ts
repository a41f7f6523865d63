import type { Origin } from "../errors/origin.js";

/** How grave a finding is: a build fails on errors. */
export type Severity = "error" | "warning" | "info";

/** Something about an image that a policy, or an analysis, found. */
export interface Finding {
  /** What was found, in words that never change: `NON_ROOT`, `MAX_SIZE`. Suppressions name it. */
  readonly code: string;
  readonly severity: Severity;
  /** The image's name in the catalog. */
  readonly image: string;
  /** `linux/amd64`; absent where it holds for all platforms. */
  readonly platform?: string;
  /** What is wrong, with the figures. */
  readonly message: string;
  /** What to do about it, in one line. */
  readonly fix: string;
  /** The user's line that it comes from, where there is one. */
  readonly origin?: Origin;
  /** Bytes that it costs, where that is known. */
  readonly bytes?: number;
}

/** A finding, and why it is let stand where that is so. */
export interface JudgedFinding extends Finding {
  /** Set for a finding that fails nothing. */
  readonly suppressed?: { readonly reason: string; readonly origin?: Origin };
}
