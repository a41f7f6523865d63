import type { HealthcheckConfig, RuntimeConfig } from "../oci/image-config.js";
import { parsePorts } from "../oci/port.js";
import { isSignal } from "../oci/signal.js";
import { parseArguments } from "./argument-list.js";
import { type Call, refuse } from "./call.js";
import { parseAbsolutePath } from "./container-path.js";
import { checkOptions } from "./options.js";
import { ownerText, parseOwner } from "./owner.js";
import { parseLabels, parseVariables, recordOf } from "./string-record.js";

type Check = (call: Call, value: unknown) => unknown;

/** One check a field, by the same grammars as the steps have, so that a config is held to no less. */
const CHECKS: Readonly<Record<keyof RuntimeConfig, Check>> = {
  User: (call, value) => (value === "" ? value : ownerText(parseOwner(call, value))),
  ExposedPorts: (call, value) => {
    for (const port of Object.keys(recordOf(call, "ports", value, undefined, 1))) {
      const parsed = parsePorts(port);
      if ("reason" in parsed) refuse(call, "PORT_INVALID", { got: port, reason: parsed.reason });
    }
    return value;
  },
  Env: (call, value) => {
    for (const pair of strings(call, "Env", value)) {
      const cut = pair.indexOf("=");
      parseVariables(call, cut === -1 ? { "": pair } : { [pair.slice(0, cut)]: pair.slice(cut + 1) });
    }
    return value;
  },
  Entrypoint: (call, value) => (value === null ? value : parseArguments(call, value, 0)),
  Cmd: (call, value) => (value === null ? value : parseArguments(call, value, 0)),
  Volumes: (call, value) => {
    for (const path of Object.keys(recordOf(call, "volumes", value, undefined, 1)))
      parseAbsolutePath(call, path);
    return value;
  },
  WorkingDir: (call, value) => (value === "" ? value : parseAbsolutePath(call, value)),
  Labels: (call, value) => parseLabels(call, recordOf(call, "labels", value, undefined, 1)),
  StopSignal: (call, value) =>
    typeof value === "string" && isSignal(value)
      ? value
      : refuse(call, "SIGNAL_INVALID", { got: value, suggestion: undefined }),
  Healthcheck: healthcheck,
  Shell: (call, value) => parseArguments(call, value, 1),
  OnBuild: (call, value) => (value === null ? value : strings(call, "OnBuild", value)),
};

/** Reads a runtime config in OCI's own words; a field that is not OCI's or Docker's is refused. */
export function parseRuntimeConfig(call: Call, value: unknown): RuntimeConfig {
  checkOptions(call, value, Object.keys(CHECKS));
  const checked = Object.entries(value as RuntimeConfig)
    .filter(([, field]) => field !== undefined)
    .map(([key, field]) => [key, structuredClone(CHECKS[key as keyof RuntimeConfig](call, field))]);
  return Object.fromEntries(checked) as RuntimeConfig;
}

function healthcheck(call: Call, value: unknown): unknown {
  checkOptions(call, value, ["Test", "Interval", "Timeout", "StartPeriod", "StartInterval", "Retries"]);
  const { Test, ...numbers } = value as HealthcheckConfig;
  if (Test !== undefined) strings(call, "Healthcheck.Test", Test);
  for (const [field, number] of Object.entries(numbers)) {
    if (Number.isSafeInteger(number) && (number as number) >= 0) continue;
    refuse(call, "HEALTHCHECK_INVALID", { field, got: number, allowed: "an integer from 0, in nanoseconds" });
  }
  return value;
}

function strings(call: Call, field: string, value: unknown): readonly string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value;
  const allowed = "an array of strings";
  return refuse(call, "ARGUMENT_INVALID", {
    call: call.name,
    argument: `field ${field}`,
    got: value,
    allowed,
  });
}
