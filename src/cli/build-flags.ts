import { resolve } from "node:path";
import { type Command, Option } from "commander";
import type { SecretPlace } from "../adapters/secrets-node/node-secrets.js";
import { parseReference } from "../oci/reference.js";
import { type BuildOptions, holdsPlatforms, type LockOptions } from "../project/options.js";
import { optionValue, parseSize, readPlatform, refuseValue, several, UsageError } from "./option-value.js";
import { labelOf, type OutputOption, type Placed, parseOutput } from "./output-places.js";

/** The options of `layerwright build` as they were written. */
export interface BuildFlags extends LockFlags {
  readonly output?: string;
  readonly load?: boolean;
  readonly platform?: string;
  readonly compression?: string;
  readonly tag?: string;
  readonly cache: boolean;
  /** Texts; true when there are none, as the parser has it for every option that begins with "no". */
  readonly cacheStep?: readonly string[] | true;
  readonly secret?: readonly string[];
  readonly ssh?: readonly string[];
  readonly store?: string;
  readonly runMemory?: string;
  readonly runProcesses?: string;
  readonly iidfile?: string;
  readonly metadataFile?: string;
  readonly push?: boolean;
  /** The registry, and the path in it, that images are pushed below. */
  readonly to?: string;
}

/** The options of a build after they were checked, before the user's program runs. */
export interface CheckedFlags {
  readonly output: OutputOption;
  readonly platforms: readonly string[] | undefined;
  /** What holds for every image. */
  readonly common: Pick<
    BuildOptions,
    | "compression"
    | "store"
    | "cache"
    | "noCacheSteps"
    | "secrets"
    | "ssh"
    | "limits"
    | "lock"
    | "locked"
    | "offline"
  >;
  /** Refuses options that take one image when several were chosen. */
  checkCount(jobs: readonly Placed[], names: readonly string[]): void;
  /** The reference that an image is written under. */
  referenceOf(catalog: string, name: string): string;
}

/**
 * Checks the options of a build.
 *
 * @throws {UsageError} OPTION_VALUE_INVALID, OUTPUT_IS_TERMINAL, COMMAND_LINE_INVALID
 */
export async function checkBuildOptions(flags: BuildFlags, json: boolean): Promise<CheckedFlags> {
  const output = parseOutput(flags.output ?? "type=archive");
  if (output.dest === "-") checkStandardOutput(json);
  const { tag } = flags;
  const whole = tag !== undefined && /[/:@]/.test(tag);
  if (tag !== undefined) checkTag(tag, whole);
  const to = flags.to?.replace(/\/$/, "");
  if (to !== undefined) checkPrefix(to);
  return {
    output,
    platforms:
      flags.platform === undefined ? undefined : [...new Set(flags.platform.split(",").map(readPlatform))],
    common: {
      ...lockOptionsOf(flags),
      cache: flags.cache,
      ...(Array.isArray(flags.cacheStep) ? { noCacheSteps: flags.cacheStep } : {}),
      ...(flags.secret === undefined ? {} : { secrets: readSecrets(flags.secret) }),
      ...limitsOf(flags),
      ...(flags.ssh === undefined ? {} : { ssh: readAgents(flags.ssh) }),
      ...(flags.compression === undefined ? {} : { compression: await readCompression(flags.compression) }),
      ...(flags.store === undefined ? {} : { store: flags.store }),
    },
    checkCount: (jobs, names) => {
      // What holds an index takes all platforms of an image for one.
      const files = holdsPlatforms(output.type) ? names : jobs.map(labelOf);
      const one = (option: string, all: readonly string[]): void => {
        if (all.length > 1) throw new UsageError("IMAGE_AMBIGUOUS", { option, names: all });
      };
      if (output.dest === "-") one("--output -", files);
      if (flags.iidfile !== undefined) one("--iidfile", files);
      if (whole) one("--tag with a whole reference", names);
    },
    referenceOf: (catalog, name) =>
      whole ? tag : `${to ?? catalog}/${name}${tag === undefined ? "" : `:${tag}`}`,
  };
}

function checkStandardOutput(json: boolean): void {
  if (json) {
    const reason = "--json and --output - both write to standard output";
    throw new UsageError("COMMAND_LINE_INVALID", {
      reason,
      suggestion: undefined,
      command: "layerwright build",
    });
  }
  if (process.stdout.isTTY === true) throw new UsageError("OUTPUT_IS_TERMINAL", {});
}

function checkTag(tag: string, whole: boolean): void {
  const allowed = "a tag such as v1, or a reference such as acme/app:v1";
  optionValue("--tag", tag, allowed, (it) => parseReference(whole ? it : `image:${it}`));
}

function checkPrefix(to: string): void {
  optionValue("--to", to, "a registry and a path in it, such as ghcr.io/acme", (it) =>
    parseReference(`${it}/image`),
  );
}

async function readCompression(text: string): Promise<string> {
  const { parseCompression } = await import("../archive/compression.js");
  optionValue(
    "--compression",
    text,
    "gzip, gzip:1 to gzip:9, zstd, zstd:1 to zstd:19 or none",
    parseCompression,
  );
  return text;
}

/** The limits of commands. @throws {UsageError} OPTION_VALUE_INVALID */
function limitsOf({ runMemory, runProcesses }: BuildFlags): Pick<BuildOptions, "limits"> {
  if (runMemory === undefined && runProcesses === undefined) return {};
  const memoryBytes = runMemory === undefined ? undefined : parseSize("--run-memory", runMemory);
  if (runProcesses !== undefined && !/^[1-9]\d{0,8}$/.test(runProcesses))
    refuseValue("--run-processes", runProcesses, "a number from 1");
  const processes = runProcesses === undefined ? undefined : Number(runProcesses);
  return { limits: { memoryBytes, ...(processes !== undefined && { processes }) } };
}

/** How images are made, whatever becomes of them: what `build`, `push` and `load` take alike. */
export function addMakeFlags(command: Command): void {
  command
    .option("--compression <kind>", "gzip, gzip:1 to gzip:9, zstd or none (default: gzip:6)")
    .option("-t, --tag <tag>", "tag, or for one image a full reference, e.g. acme/app:v1")
    .option("--no-cache", "rebuild every layer and rerun every command")
    .option("--no-cache-step <text>", "rerun the commands that contain this text (repeatable)", several)
    .option(
      "--secret <secret>",
      "secret for run steps: id=ID,src=FILE or id=ID,env=NAME (repeatable)",
      several,
    )
    .option("--ssh <agent>", "SSH agent for run steps: default or ID=SOCKET (repeatable)", several)
    .addOption(
      new Option("--run-memory <size>", "memory limit of each command, e.g. 2GB").env(
        "LAYERWRIGHT_RUN_MEMORY",
      ),
    )
    .addOption(
      new Option("--run-processes <number>", "process limit of each command (default: 16384)").env(
        "LAYERWRIGHT_RUN_PROCESSES",
      ),
    )
    .addOption(new Option("--store <directory>", "directory of the store").env("LAYERWRIGHT_CACHE"));
  addLockFlags(command);
  addLookFlags(command);
}

/** The options about the lock as they were written. */
export interface LockFlags {
  /** False under `--no-lock`. */
  readonly lock?: string | false;
  readonly locked?: boolean;
  readonly offline?: boolean;
}

/** Which lock, and whether it has to be complete. */
export function addLockFlags(command: Command): void {
  command
    .option("--lock <file>", "lock file (default: layerwright.lock.json beside the catalog)")
    .option("--no-lock", "ignore the lock: resolve tags now")
    .option("--locked", "fail if the lock is incomplete, and never write it");
}

/** True when anything outside may be looked at. */
function addLookFlags(command: Command): void {
  command.option("--offline", "never use the network: use only the lock and the store");
}

/** The options of the api that were meant. */
export function lockOptionsOf({
  lock,
  locked,
  offline,
}: LockFlags): Pick<LockOptions, "lock" | "locked" | "offline"> {
  return {
    // The parser says true where neither --lock nor --no-lock was written.
    ...(typeof lock === "string" || lock === false ? { lock } : {}),
    ...(locked === undefined ? {} : { locked }),
    ...(offline === undefined ? {} : { offline }),
  };
}

const SECRET = "id=ID,src=FILE or id=ID,env=NAME";

/** Reads the values of `--secret`, which are spelled as docker's. @throws {UsageError} OPTION_VALUE_INVALID */
function readSecrets(values: readonly string[]): Readonly<Record<string, SecretPlace>> {
  const places: Record<string, SecretPlace> = {};
  for (const value of values) {
    const fields = new Map<string, string>();
    for (const field of value.split(",")) {
      const at = field.indexOf("=");
      const name = field.slice(0, Math.max(at, 0));
      if (!["id", "src", "source", "env", "type"].includes(name)) refuseValue("--secret", value, SECRET);
      fields.set(name === "source" ? "src" : name, field.slice(at + 1));
    }
    const { id, src, env } = Object.fromEntries(fields) as Record<string, string | undefined>;
    if (id === undefined || id === "" || (src === undefined) === (env === undefined))
      refuseValue("--secret", value, SECRET);
    places[id] = src === undefined ? { env: env! } : { file: resolve(src) };
  }
  return places;
}

/** Reads the values of `--ssh`. @throws {UsageError} OPTION_VALUE_INVALID */
function readAgents(values: readonly string[]): Readonly<Record<string, string>> {
  const agents: Record<string, string> = {};
  for (const value of values) {
    const [id = "", ...path] = value.split("=");
    const socket = path.length === 0 ? process.env["SSH_AUTH_SOCK"] : resolve(path.join("="));
    if (id === "" || socket === undefined || socket === "")
      refuseValue("--ssh", value, "ID=SOCKET, or ID alone where SSH_AUTH_SOCK is set");
    agents[id] = socket;
  }
  return agents;
}
