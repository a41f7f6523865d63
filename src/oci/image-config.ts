import { isObject } from "../core/json.js";
import type { Digest } from "./digest.js";

/** The probe of a container's health; durations in nanoseconds, as Docker stores them. */
export interface HealthcheckConfig {
  readonly Test?: readonly string[];
  readonly Interval?: number;
  readonly Timeout?: number;
  readonly StartPeriod?: number;
  readonly StartInterval?: number;
  readonly Retries?: number;
}

/** The settings that a container starts with (image-spec config.md, with Docker's Healthcheck, Shell and OnBuild). */
export interface RuntimeConfig {
  readonly User?: string;
  readonly ExposedPorts?: Readonly<Record<string, Readonly<Record<string, never>>>>;
  readonly Env?: readonly string[];
  readonly Entrypoint?: readonly string[] | null;
  readonly Cmd?: readonly string[] | null;
  readonly Volumes?: Readonly<Record<string, Readonly<Record<string, never>>>>;
  readonly WorkingDir?: string;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly StopSignal?: string;
  readonly Healthcheck?: HealthcheckConfig;
  readonly Shell?: readonly string[];
  readonly OnBuild?: readonly string[] | null;
}

/** One line of an image's history. */
export interface HistoryEntry {
  readonly created?: string;
  readonly created_by?: string;
  readonly comment?: string;
  readonly empty_layer?: boolean;
}

/** The config document of an image. Fields of a base that we do not know are kept. */
export interface ImageConfig {
  readonly architecture: string;
  readonly os: string;
  readonly variant?: string;
  readonly created?: string;
  readonly config?: RuntimeConfig;
  readonly rootfs: { readonly type: "layers"; readonly diff_ids: readonly Digest[] };
  readonly history?: readonly HistoryEntry[];
}

/**
 * The config without the nulls that Go writes for lists, maps and structures that are empty: every reader takes them
 * for what is not there.
 */
export function withoutNulls(config: ImageConfig): ImageConfig {
  const { config: given, history, rootfs, ...plain } = droppedNulls(config);
  const runtime = given && droppedNulls(given);
  const health = runtime?.Healthcheck && { Healthcheck: droppedNulls(runtime.Healthcheck) };
  return {
    ...plain,
    ...(runtime === undefined ? {} : { config: { ...runtime, ...health } }),
    rootfs: { ...rootfs, diff_ids: rootfs.diff_ids ?? [] },
    ...(history === undefined ? {} : { history: history.map(droppedNulls) }),
  };
}

function droppedNulls<Value extends object>(value: Value): Value {
  if (!Object.values(value).includes(null)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null)) as Value;
}

/**
 * Checks what a container starts with, in a document of others; null is what is not there.
 *
 * @param wrong makes the error that is thrown
 */
export function checkRuntimeConfig(
  config: Readonly<Record<string, unknown>>,
  wrong: (reason: string) => Error,
): void {
  for (const key of ["Env", "Entrypoint", "Cmd", "Shell", "OnBuild"]) {
    const list = config[key];
    if (list === undefined || list === null) continue;
    if (!Array.isArray(list) || !list.every((item) => typeof item === "string"))
      throw wrong(`has a ${key} that is no list of texts`);
  }
  for (const key of ["User", "WorkingDir", "StopSignal"]) {
    const text = config[key];
    if (text !== undefined && text !== null && typeof text !== "string")
      throw wrong(`has a ${key} that is no text`);
  }
  for (const key of ["ExposedPorts", "Volumes", "Labels", "Healthcheck"]) {
    const map = config[key];
    if (map !== undefined && map !== null && !isObject(map)) throw wrong(`has ${key} that are no object`);
  }
  for (const key of ["ExposedPorts", "Volumes"]) {
    const map = config[key];
    // Go's readers take null for the empty object that stands behind each name.
    if (isObject(map) && !Object.values(map).every((member) => member === null || isObject(member)))
      throw wrong(`has ${key} that are no object of empty objects`);
  }
  checkHealth(config["Healthcheck"], wrong);
  const labels = config["Labels"];
  if (isObject(labels) && !Object.values(labels).every((text) => typeof text === "string")) {
    throw wrong("has a label that is no text");
  }
}

function checkHealth(health: unknown, wrong: (reason: string) => Error): void {
  if (!isObject(health)) return;
  const test = health["Test"] ?? [];
  if (!Array.isArray(test) || !test.every((word) => typeof word === "string"))
    throw wrong("has a Healthcheck.Test that is no list of texts");
  for (const key of ["Interval", "Timeout", "StartPeriod", "StartInterval", "Retries"]) {
    const number = health[key] ?? 0;
    if (!Number.isSafeInteger(number)) throw wrong(`has a Healthcheck.${key} that is no whole number`);
  }
}

/** True for a runtime config without nulls, as ours are kept. */
export function isRuntimeConfig(value: unknown): value is RuntimeConfig {
  if (!isObject(value) || Object.values(value).includes(null)) return false;
  try {
    checkRuntimeConfig(value, (reason) => new TypeError(reason));
    return true;
  } catch {
    return false;
  }
}

/** A transport protocol of a port (image-spec config.md, ExposedPorts). */
const PROTOCOLS = ["tcp", "udp", "sctp"];
const GRAMMAR = /^(\d{1,5})(?:-(\d{1,5}))?(?:\/(.*))?$/s;

/** Ports spelled out (`80/tcp`), or the reason why the text names none. */
type ParsedPorts = { readonly ports: readonly string[] } | { readonly reason: string };

/** Reads `80`, `80/tcp`, `53/udp` or `8000-8003`; a range is ascending, a port is 1 to 65535. */
export function parsePorts(value: unknown): ParsedPorts {
  if (typeof value !== "string" && typeof value !== "number") {
    return { reason: "it is neither a number nor a string" };
  }
  if (typeof value === "number" && !Number.isInteger(value)) return { reason: "it is not an integer" };
  const parts = GRAMMAR.exec(String(value));
  if (parts === null) return { reason: "it is neither a port nor a range of ports" };
  const [, from = "", to = from, protocol = "tcp"] = parts;
  const first = Number(from);
  const last = Number(to);
  if (!PROTOCOLS.includes(protocol)) return { reason: `the protocol is not ${PROTOCOLS.join(", ")}` };
  if (first < 1 || last < 1 || first > 65535 || last > 65535) return { reason: "a port is 1 to 65535" };
  if (last < first) return { reason: "the range runs backwards" };
  const ports = Array.from({ length: last - first + 1 }, (_, index) => `${first + index}/${protocol}`);
  return { ports };
}

/** The names that Linux, and so every runtime, knows (moby/sys/signal). */
export const signalNames: readonly string[] = [
  ..."ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT".split(" "),
  ..."SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ".split(" "),
].map((name) => `SIG${name}`);

/** True when a string is a signal as an image config spells it: a name, `SIGRTMIN+n`, `SIGRTMAX-n` or 1 to 64. */
export function isSignal(text: string): boolean {
  if (/^[1-9]\d?$/.test(text)) return Number(text) <= 64;
  const realtime = /^SIGRT(?:MIN(?:\+(\d{1,2}))?|MAX(?:-(\d{1,2}))?)$/.exec(text);
  // 34 to 64 are left to programs; MIN+15 and MAX-14 are where the names of moby/sys/signal meet.
  if (realtime !== null) return Number(realtime[1] ?? 0) <= 15 && Number(realtime[2] ?? 0) <= 14;
  return signalNames.includes(text);
}
