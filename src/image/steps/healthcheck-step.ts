import type { Origin } from "../../errors/origin.js";

/** Sets how health is probed; `null` switches an inherited probe off. */
export interface HealthcheckStep {
  readonly kind: "healthcheck";
  readonly check: {
    readonly test: readonly string[];
    readonly intervalMs?: number;
    readonly timeoutMs?: number;
    readonly startPeriodMs?: number;
    readonly retries?: number;
  } | null;
  readonly origin?: Origin;
}
