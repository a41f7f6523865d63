import { closestName } from "../core/closest-name.js";
import { defined } from "../core/freeze.js";
import { isSignal, parsePorts, signalNames } from "../oci/image-config.js";
import { beginCall, type Call, checkOptions, refuse, stepNode } from "./call.js";
import { parseAbsolutePath, parseWorkdir } from "./container-path.js";
import type {
  AnnotationStep,
  CmdStep,
  EntrypointStep,
  EnvStep,
  ExposeStep,
  HealthcheckStep,
  LabelStep,
  ShellStep,
  StopSignalStep,
  SuppressStep,
  UserStep,
  VolumeStep,
  WorkdirStep,
} from "./nodes.js";
import { type Owner, ownerText, parseOwner } from "./owner.js";
import {
  checkArgument,
  parseArguments,
  parseLabels,
  parseVariables,
  recordOf,
  type StringPairs,
} from "./strings.js";

/**
 * Makes the step that sets environment variables, for run steps after it and for the container. Values are literal:
 * a `$` stays a `$`. They are part of the published image, so a secret has no place in them.
 *
 * @throws {DefinitionError} ENV_NAME_INVALID, ENV_VALUE_INVALID, ARGUMENT_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.scratch().step(steps.env({ NODE_ENV: "production", PORT: "8080" }));
 * ```
 */
export function env(...pair: StringPairs): EnvStep {
  const call = beginCall("env");
  const record = recordOf(call, "variables", pair[0], pair[1], pair.length);
  return stepNode<EnvStep>(call, { kind: "env", variables: parseVariables(call, record) });
}

/**
 * Makes the step that sets the working directory of the steps after it and of the container. A relative path is
 * resolved on the working directory before.
 *
 * @throws {DefinitionError} PATH_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.from("node:22-slim").step(steps.workdir("/srv/app"));
 * ```
 */
export function workdir(path: string): WorkdirStep {
  const call = beginCall("workdir");
  return stepNode<WorkdirStep>(call, { kind: "workdir", path: parseWorkdir(call, path) });
}

/**
 * Makes the step that sets the user that run steps after it and the container run as. Numeric ids need no
 * `/etc/passwd`; ids go from 0 to 2147483647.
 *
 * @throws {DefinitionError} OWNER_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.scratch().step(steps.user("65532:65532"));
 * ```
 */
export function user(user: number | string | Owner): UserStep {
  const call = beginCall("user");
  return stepNode<UserStep>(call, { kind: "user", user: ownerText(parseOwner(call, user)) });
}

/**
 * Makes the step that sets the program that a container runs; arguments of `cmd` come after it. A `cmd` of the base is
 * dropped, as Docker does.
 *
 * @throws {DefinitionError} COMMAND_NOT_ARRAY, COMMAND_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.from("nginx:1.27").step(steps.entrypoint(["nginx", "-g", "daemon off;"]));
 * ```
 */
export function entrypoint(args: readonly string[]): EntrypointStep {
  const call = beginCall("entrypoint");
  return stepNode<EntrypointStep>(call, { kind: "entrypoint", args: parseArguments(call, args, 0) });
}

/**
 * Makes the step that sets the default command, or the entry point's default arguments. An empty array unsets it.
 *
 * @throws {DefinitionError} COMMAND_NOT_ARRAY, COMMAND_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.from("nginx:1.27").step(steps.cmd(["nginx", "-g", "daemon off;"]));
 * ```
 */
export function cmd(args: readonly string[]): CmdStep {
  const call = beginCall("cmd");
  return stepNode<CmdStep>(call, { kind: "cmd", args: parseArguments(call, args, 0) });
}

/**
 * Makes the step that sets the shell that later string commands run under, such as `["/bin/bash", "-eo", "pipefail",
 * "-c"]`.
 *
 * @throws {DefinitionError} COMMAND_NOT_ARRAY, COMMAND_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.from("nginx:1.27").step(steps.shell(["/bin/bash", "-eo", "pipefail", "-c"]));
 * ```
 */
export function shell(args: readonly string[]): ShellStep {
  const call = beginCall("shell");
  return stepNode<ShellStep>(call, { kind: "shell", args: parseArguments(call, args, 1) });
}

/**
 * Makes the step that documents ports that the image listens on: `80`, `"80/tcp"`, `"53/udp"`, or an ascending
 * range `"8000-8003"`, which is spelled out. Protocols are tcp (the default), udp and sctp.
 *
 * @throws {DefinitionError} PORT_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.from("nginx:1.27").step(steps.expose(80, "443/tcp", "443/udp"));
 * ```
 */
export function expose(...ports: readonly (number | string)[]): ExposeStep {
  const call = beginCall("expose");
  const spelled = ports.flatMap((port) => {
    const parsed = parsePorts(port);
    return "ports" in parsed
      ? parsed.ports
      : refuse(call, "PORT_INVALID", { got: port, reason: parsed.reason });
  });
  return stepNode<ExposeStep>(call, { kind: "expose", ports: [...new Set(spelled)] });
}

/**
 * Makes the step that declares directories whose data outlives a container, as absolute paths.
 *
 * @throws {DefinitionError} PATH_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.from("postgres:17").step(steps.volume("/var/lib/postgresql/data"));
 * ```
 */
export function volume(...paths: readonly string[]): VolumeStep {
  const call = beginCall("volume");
  const cleaned = paths.map((path) => parseAbsolutePath(call, path));
  return stepNode<VolumeStep>(call, { kind: "volume", paths: [...new Set(cleaned)] });
}

/**
 * Makes the step that sets labels of the image config, which `docker inspect` shows.
 *
 * @throws {DefinitionError} LABEL_INVALID, ARGUMENT_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.scratch().step(steps.label("org.opencontainers.image.source", "https://example.org/app"));
 * ```
 */
export function label(...pair: StringPairs): LabelStep {
  const call = beginCall("label");
  const record = recordOf(call, "labels", pair[0], pair[1], pair.length);
  return stepNode<LabelStep>(call, { kind: "label", labels: parseLabels(call, record) });
}

/**
 * Makes the step that sets annotations of the image manifest (image-spec annotations.md).
 *
 * @throws {DefinitionError} LABEL_INVALID, ARGUMENT_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.scratch().step(steps.annotation("org.opencontainers.image.vendor", "Acme"));
 * ```
 */
export function annotation(...pair: StringPairs): AnnotationStep {
  const call = beginCall("annotation");
  const record = recordOf(call, "annotations", pair[0], pair[1], pair.length);
  return stepNode<AnnotationStep>(call, { kind: "annotation", annotations: parseLabels(call, record) });
}

/**
 * Makes the step that sets the signal that stops the container: `"SIGTERM"`, `"SIGRTMIN+3"` or a number 1 to 64.
 *
 * @throws {DefinitionError} SIGNAL_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const image = Image.from("nginx:1.27").step(steps.stopSignal("SIGQUIT"));
 * ```
 */
export function stopSignal(signal: string | number): StopSignalStep {
  const call = beginCall("stopSignal");
  const text = typeof signal === "number" || typeof signal === "string" ? String(signal) : "";
  if (!isSignal(text)) {
    const prefixed = text.startsWith("SIG") ? text : `SIG${text.toUpperCase().replace(/^SIG/, "")}`;
    refuse(call, "SIGNAL_INVALID", { got: signal, suggestion: closestName(prefixed, signalNames) });
  }
  return stepNode<StopSignalStep>(call, { kind: "stopSignal", signal: text });
}

/** The probe of a container's health. Durations are in milliseconds. */
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
  if (check === null) return stepNode<HealthcheckStep>(call, { kind: "healthcheck", check });
  checkOptions(call, check, ["test", "intervalMs", "timeoutMs", "startPeriodMs", "retries"]);
  const parsed = defined<Check>({
    test: parseTest(call, check.test),
    intervalMs: whole(call, "intervalMs", check.intervalMs, 1),
    timeoutMs: whole(call, "timeoutMs", check.timeoutMs, 1),
    startPeriodMs: whole(call, "startPeriodMs", check.startPeriodMs, 0),
    retries: whole(call, "retries", check.retries, 1),
  });
  return stepNode<HealthcheckStep>(call, { kind: "healthcheck", check: parsed });
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

/**
 * Makes the step that lets the findings of one code stand for this image, and for images that start from it. The reason
 * is for whoever reads the description next: at least three words.
 *
 * @throws {DefinitionError} SUPPRESSION_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * const shell = steps.suppress("NO_SHELL", "operators debug this one in place");
 * export const tools = Image.from("debian:bookworm-slim").step(shell);
 * ```
 */
export function suppress(code: string, reason: string): SuppressStep {
  const call = beginCall("suppress");
  const parsed = { code: parseFindingCode(call, code), reason: parseReason(call, code, reason) };
  return stepNode<SuppressStep>(call, { kind: "suppress", ...parsed });
}

const CODE = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/;
const WORDS = 3;

/** Reads the code of a finding: upper-case words joined by `_`. */
export function parseFindingCode(call: Call, code: unknown): string {
  if (typeof code === "string" && CODE.test(code)) return code;
  return refuse(call, "SUPPRESSION_INVALID", { call: call.name, what: "code", code, got: code });
}

/** Reads the reason of a suppression: text of at least three words, since "ok" explains nothing. */
export function parseReason(call: Call, code: unknown, reason: unknown): string {
  if (typeof reason === "string" && reason.trim().split(/\s+/).length >= WORDS) return reason.trim();
  return refuse(call, "SUPPRESSION_INVALID", { call: call.name, what: "reason", code, got: reason });
}
