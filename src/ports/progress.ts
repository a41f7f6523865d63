/** Something that happened during a build, for people to watch. */
export type ProgressEvent =
  | { readonly kind: "start"; readonly id: string; readonly label: string }
  | { readonly kind: "advance"; readonly id: string; readonly bytes: number; readonly total?: number }
  | {
      readonly kind: "finish";
      readonly id: string;
      readonly label: string;
      readonly detail?: string;
      readonly cached?: boolean;
    }
  /** Somebody else does the same now, and what comes of it is taken: `start` and `finish` follow. */
  | { readonly kind: "wait"; readonly id: string; readonly label: string }
  /** A line that a command printed. */
  | { readonly kind: "output"; readonly id: string; readonly label: string; readonly line: string }
  | { readonly kind: "warn"; readonly message: string };

/** Receives progress. */
export interface Progress {
  report(event: ProgressEvent): void;
}
