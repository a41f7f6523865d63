import { deepFreeze } from "../../core/freeze.js";
import type { Origin } from "../../errors/origin.js";
import { checkArgument, parseArguments } from "../argument-list.js";
import { beginCall, type Call, refuse } from "../call.js";
import { checkOptions, defined } from "../options.js";

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

/** How health is probed. Durations are in milliseconds. */
export interface HealthcheckOptions {
  /** A string runs under the image's shell, an array as it is (also in OCI's form, `["CMD", …]`). */
  readonly test: string | readonly string[];
  /** @default - 30 seconds, by the runtime */
  readonly intervalMs?: number;
  /** @default - 30 seconds, by the runtime */
  readonly timeoutMs?: number;
  /** Time in which failures do not count. @default - 0 */
  readonly startPeriodMs?: number;
  /** Failures in a row that make a container unhealthy. @default - 3, by the runtime */
  readonly retries?: number;
}

type Check = NonNullable<HealthcheckStep["check"]>;

/**
 * Makes the step that sets how health is probed; `null` switches off what the base has.
 *
 * @throws {DefinitionError} HEALTHCHECK_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID, COMMAND_NOT_ARRAY, COMMAND_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * const probe = steps.healthcheck({ test: ["wget", "-q", "http://localhost/"], intervalMs: 10_000, retries: 3 });
 * export const image = Image.from("nginx:1.27-alpine").step(probe);
 * ```
 */
export function healthcheck(check: HealthcheckOptions | null): HealthcheckStep {
  const call = beginCall("healthcheck");
  if (check === null) return deepFreeze({ kind: "healthcheck", check, origin: call.origin });
  checkOptions(call, check, ["test", "intervalMs", "timeoutMs", "startPeriodMs", "retries"]);
  const parsed = defined<Check>({
    test: parseTest(call, check.test),
    intervalMs: whole(call, "intervalMs", check.intervalMs, 1),
    timeoutMs: whole(call, "timeoutMs", check.timeoutMs, 1),
    startPeriodMs: whole(call, "startPeriodMs", check.startPeriodMs, 0),
    retries: whole(call, "retries", check.retries, 1),
  });
  return deepFreeze({ kind: "healthcheck", check: parsed, origin: call.origin });
}

function parseTest(call: Call, test: unknown): readonly string[] {
  const invalid = (allowed: string): never =>
    refuse(call, "HEALTHCHECK_INVALID", { field: "test", got: test, allowed });
  if (test === undefined || test === "") return invalid("a command");
  if (typeof test === "string") {
    checkArgument(call, test, "the command");
    return ["CMD-SHELL", test];
  }
  const args = parseArguments(call, test, 1);
  const [form] = args;
  if (form === "NONE") return invalid("a command (pass null to switch the check off)");
  if (form !== "CMD" && form !== "CMD-SHELL") return ["CMD", ...args];
  if (args.length < 2 || (form === "CMD-SHELL" && args.length > 2)) return invalid(`a command after ${form}`);
  return args;
}

/** Docker stores nanoseconds in 64 bits, of which JavaScript has 53: 104 days, which is enough for a probe. */
const MOST = Math.floor(Number.MAX_SAFE_INTEGER / 1e6);

function whole(call: Call, field: string, value: unknown, least: number): number | undefined {
  if (value === undefined) return undefined;
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= MOST)
    return value as number;
  return refuse(call, "HEALTHCHECK_INVALID", { field, got: value, allowed: `an integer from ${least}` });
}
