/** How a check went. */
type Verdict = "ok" | "warn" | "fail";

/** What one check found. */
export interface Finding {
  readonly check: string;
  readonly verdict: Verdict;
  readonly message: string;
  /** What to do, where something is to be done. */
  readonly fix?: string;
}

/** A finding that needs nothing. */
export function ok(check: string, message: string): Finding {
  return { check, verdict: "ok", message };
}

/** A finding that limits what works. */
export function warn(check: string, message: string, fix: string): Finding {
  return { check, verdict: "warn", message, fix };
}

/** A finding that stops work. */
export function fail(check: string, message: string, fix: string): Finding {
  return { check, verdict: "fail", message, fix };
}
