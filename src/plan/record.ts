import type { Origin } from "../errors/origin.js";

/** One change that a pass made. */
export interface PassRecord {
  readonly pass: string;
  /** The user's line that the change came from. */
  readonly origin?: Origin;
  /** What was there, in a few words of the user's own terms. */
  readonly before: string;
  readonly after: string;
  /** Bytes that no longer enter the image, where they are known. */
  readonly bytes?: number;
}

/** Something a pass saw and left alone, with its cost in bytes where it is known. */
export interface PassWarning {
  readonly pass: string;
  readonly code: string;
  readonly origin?: Origin;
  readonly message: string;
  readonly bytes?: number;
}
