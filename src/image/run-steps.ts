import { assertNever } from "../core/assert-never.js";
import { defined } from "../core/freeze.js";
import { beginCall, type Call, checkFlag, checkOptions, refuse, refuseArgument, stepNode } from "./call.js";
import { parseAbsolutePath, parseWorkdir } from "./container-path.js";
import { type HostFunction, nameFunction } from "./host-functions.js";
import type { BindMount, HostRunStep, RunMount, RunStep } from "./nodes.js";
import { type Owner, ownerText, parseOwner } from "./owner.js";
import { parseSource, type SourceInput } from "./sources.js";
import { checkArgument, parseArguments, parseVariables, recordOf } from "./strings.js";

/** Options of `run`. None of them are stored in the image's config. */
export interface RunOptions {
  /** Variables for this command only, beside those of the image. */
  readonly env?: Readonly<Record<string, string>>;
  /** @default - the image's working directory */
  readonly workdir?: string;
  /** @default - the image's user */
  readonly user?: number | string | Owner;
  /**
   * True when caches, lists and logs of a package manager stay in the layer, which no pass then cleans.
   * @default - false
   */
  readonly keepLeftovers?: boolean;
  /**
   * @default - "default": what the builder gives; in the direct build a network of its own by slirp4netns or pasta,
   * else the host's
   */
  readonly network?: "none" | "host" | "default";
  /** Caches, files, secrets and sockets that the command sees and that never become part of the layer. */
  readonly mounts?: readonly MountInput[];
  /** Seconds after which the direct build stops the command; a Dockerfile cannot say it. @default - no limit */
  readonly timeout?: number;
}

/** The longest wait of a Node timer: a little less than 25 days. */
const LONGEST_TIMEOUT = 2_000_000;

const NETWORKS: readonly string[] = ["none", "host", "default"];

/**
 * Makes the step that runs a command in the image: a string by the image's shell (`/bin/sh -c` by default), an
 * array as it is. What it changes on disk becomes a layer.
 *
 * @throws {DefinitionError} COMMAND_INVALID, COMMAND_NOT_ARRAY, MOUNT_INVALID, ENV_NAME_INVALID, ENV_VALUE_INVALID,
 * PATH_INVALID, OWNER_INVALID, OPTION_UNKNOWN, ARGUMENT_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * export const lists = Image.from("debian:bookworm-slim").step(steps.run("apt-get update", { keepLeftovers: true }));
 * const cache = { type: "cache", target: "/root/.cache/go-build" } as const;
 * export const build = Image.from("golang:1.24")
 *   .step(steps.run("go build -o /out/app .", { env: { CGO_ENABLED: "0" }, mounts: [cache] }));
 * ```
 */
export function run(command: string | readonly string[], options: RunOptions = {}): RunStep {
  const call = beginCall("run");
  checkOptions(call, options, ["env", "workdir", "user", "keepLeftovers", "network", "mounts", "timeout"]);
  const { env, workdir, user, keepLeftovers, network, mounts, timeout } = options;
  const invalid = (option: string, got: unknown, allowed: string): never =>
    refuseArgument(call, option, got, allowed);
  checkFlag(call, "keepLeftovers", keepLeftovers);
  if (network !== undefined && !NETWORKS.includes(network)) invalid("network", network, NETWORKS.join(", "));
  if (timeout !== undefined && !(typeof timeout === "number" && timeout > 0 && timeout <= LONGEST_TIMEOUT))
    invalid("timeout", timeout, `seconds, more than 0 and at most ${LONGEST_TIMEOUT}`);
  if (mounts !== undefined && !Array.isArray(mounts)) invalid("mounts", mounts, "an array of mounts");
  return stepNode<RunStep>(call, {
    kind: "run",
    command: parseCommand(call, command),
    env: env === undefined ? undefined : parseVariables(call, recordOf(call, "variables", env, undefined, 1)),
    workdir: workdir === undefined ? undefined : parseWorkdir(call, workdir),
    user: user === undefined ? undefined : ownerText(parseOwner(call, user)),
    keepLeftovers: keepLeftovers || undefined,
    network,
    mounts: mounts?.map((mount) => parseMount(call, mount)),
    timeout,
  });
}

function parseCommand(call: Call, command: unknown): string | readonly string[] {
  if (typeof command !== "string") return parseArguments(call, command, 1);
  if (command.trim() === "")
    refuse(call, "COMMAND_INVALID", { call: call.name, reason: "the command is empty" });
  checkArgument(call, command, "the command");
  return command;
}

/** Options of `hostRun`. */
export interface HostRunOptions {
  /** Variables for the command, beside those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Text that stands for what the result depends on beside the command: the command runs again when it changes, e.g.
   * the day of a package archive. @default - none
   */
  readonly key?: string;
  /** Programs that the machine must have beside the command's own, said before any work. @default - none */
  readonly tools?: readonly string[];
}

/**
 * Makes the step that fills the image's root file system with tools of the machine that builds, so that no package
 * manager is ever in the image. `{root}` in an argument is the directory of the root file system (and `$ROOT` in the
 * environment). What changed in the directory becomes one layer. Files are written as root: of an ordinary user the
 * command runs in a user namespace.
 *
 * A function is given the directory, and is called only in the process that wrote it: by `build`, and not by the
 * command line, which refuses it (`HOST_FUNCTION_ELSEWHERE`).
 *
 * @throws {DefinitionError} COMMAND_INVALID, COMMAND_NOT_ARRAY, ENV_NAME_INVALID, ENV_VALUE_INVALID, OPTION_UNKNOWN,
 * ARGUMENT_INVALID
 * @example
 * ```ts
 * import { Image, steps } from "layerwright";
 *
 * const bootstrap = ["mmdebstrap", "--variant=essential", "--include=nginx-light", "bookworm", "{root}"];
 * export const nginx = Image.scratch().step(steps.hostRun(bootstrap)).cmd(["nginx", "-g", "daemon off;"]);
 * ```
 */
export function hostRun(
  command: readonly string[] | HostFunction,
  options: HostRunOptions = {},
): HostRunStep {
  const call = beginCall("hostRun");
  checkOptions(call, options, ["env", "key", "tools"]);
  const { env, key, tools } = options;
  if (key !== undefined && typeof key !== "string") refuseArgument(call, "key", key, "text");
  return stepNode<HostRunStep>(call, {
    kind: "hostRun",
    command:
      typeof command === "function" ? { function: nameFunction(command) } : parseArguments(call, command, 1),
    env: env === undefined ? undefined : parseVariables(call, recordOf(call, "variables", env, undefined, 1)),
    key,
    tools: tools === undefined ? undefined : parseArguments(call, tools, 1),
  });
}

type CacheMount = Extract<RunMount, { type: "cache" }>;
type TmpfsMount = Extract<RunMount, { type: "tmpfs" }>;
type SecretMount = Extract<RunMount, { type: "secret" }>;
type SshMount = Extract<RunMount, { type: "ssh" }>;

/** A mount as a user writes it: the source of a bind may be a path of the build context. */
export type MountInput =
  | Exclude<RunMount, BindMount>
  | (Omit<BindMount, "source"> & { readonly source: SourceInput });

const OPTIONS: Readonly<Record<RunMount["type"], readonly string[]>> = {
  cache: ["type", "target", "id", "sharing"],
  bind: ["type", "target", "source", "writable"],
  tmpfs: ["type", "target", "sizeBytes"],
  secret: ["type", "id", "target", "env", "required"],
  ssh: ["type", "id"],
};
const SHARING: readonly string[] = ["shared", "private", "locked"];
/** A mount is written as `key=value,key=value` in a Dockerfile, so an id has no comma, quote or blank. */
const ID = /^[A-Za-z0-9_][A-Za-z0-9_./:@+-]{0,254}$/;

/** Reads a mount of a run step, or refuses it with `MOUNT_INVALID`. */
function parseMount(call: Call, mount: unknown): RunMount {
  const type = typeof mount === "object" && mount !== null ? (mount as { type?: unknown }).type : mount;
  if (typeof type !== "string" || !Object.hasOwn(OPTIONS, type)) {
    return invalid(call, "type", type, Object.keys(OPTIONS).join(", "));
  }
  const input = mount as MountInput;
  checkOptions(call, input, OPTIONS[input.type]);
  switch (input.type) {
    case "cache":
      return cacheMount(call, input);
    case "bind":
      checkFlag(call, "writable", input.writable);
      return defined<BindMount>({
        type: "bind",
        target: parseAbsolutePath(call, input.target),
        source: parseSource(call, input.source),
        writable: input.writable,
      });
    case "tmpfs":
      return tmpfsMount(call, input);
    case "secret":
      return secretMount(call, input);
    case "ssh":
      return defined<SshMount>({ type: "ssh", id: optionalId(call, input.id) });
    default:
      return assertNever(input);
  }
}

function cacheMount(call: Call, input: CacheMount): CacheMount {
  if (input.sharing !== undefined && !SHARING.includes(input.sharing)) {
    invalid(call, "sharing", input.sharing, SHARING.join(", "));
  }
  return defined<CacheMount>({
    type: "cache",
    target: parseAbsolutePath(call, input.target),
    id: optionalId(call, input.id),
    sharing: input.sharing,
  });
}

function tmpfsMount(call: Call, input: TmpfsMount): TmpfsMount {
  const { sizeBytes } = input;
  if (sizeBytes !== undefined && !(Number.isSafeInteger(sizeBytes) && sizeBytes > 0)) {
    invalid(call, "sizeBytes", sizeBytes, "a positive integer");
  }
  return defined<TmpfsMount>({ type: "tmpfs", target: parseAbsolutePath(call, input.target), sizeBytes });
}

function secretMount(call: Call, input: SecretMount): SecretMount {
  const { env, id, target, required } = input;
  checkFlag(call, "required", required);
  if (env !== undefined && !/^[A-Za-z_][A-Za-z0-9_]*$/.test(env)) {
    invalid(call, "env", env, "the name of an environment variable");
  }
  return defined<SecretMount>({
    type: "secret",
    id: optionalId(call, id) ?? invalid(call, "id", id, "the name that the secret is passed under"),
    target: target === undefined ? undefined : parseAbsolutePath(call, target),
    env,
    required,
  });
}

function optionalId(call: Call, id: unknown): string | undefined {
  if (id === undefined || (typeof id === "string" && ID.test(id))) return id;
  return invalid(call, "id", id, 'letters, digits and "_", ".", "/", ":", "@", "+", "-"');
}

function invalid(call: Call, field: string, got: unknown, allowed: string): never {
  return refuse(call, "MOUNT_INVALID", { field, got, allowed });
}
