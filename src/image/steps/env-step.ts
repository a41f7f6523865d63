import type { Origin } from "../../errors/origin.js";

/** Sets environment variables. Values are literal: a `$` stays a `$`. */
export interface EnvStep {
  readonly kind: "env";
  readonly variables: Readonly<Record<string, string>>;
  readonly origin?: Origin;
}
