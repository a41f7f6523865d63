import type { Origin } from "../../errors/origin.js";
import type { Source } from "../source.js";

/** Something a run step sees while it runs and that never becomes part of the layer. */
export type RunMount =
  | {
      readonly type: "cache";
      readonly target: string;
      readonly id?: string;
      readonly sharing?: "shared" | "private" | "locked";
    }
  | { readonly type: "bind"; readonly target: string; readonly source: Source; readonly writable?: boolean }
  | { readonly type: "tmpfs"; readonly target: string; readonly sizeBytes?: number }
  | {
      readonly type: "secret";
      readonly id: string;
      readonly target?: string;
      readonly env?: string;
      readonly required?: boolean;
    }
  | { readonly type: "ssh"; readonly id?: string };

/** Runs a command: a string by the image's shell, an array as it is. */
export interface RunStep {
  readonly kind: "run";
  readonly command: string | readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly workdir?: string;
  readonly user?: string;
  readonly network?: "none" | "host" | "default";
  readonly mounts?: readonly RunMount[];
  readonly origin?: Origin;
}
