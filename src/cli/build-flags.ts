import { parseReference } from "../oci/reference.js";
import type { BuildOptions } from "../project/options.js";
import { holdsPlatforms } from "../project/options.js";
import { parseSize } from "./amounts.js";
import { type LockFlags, lockOptionsOf } from "./lock-flags.js";
import { optionValue, readPlatform, refuseValue } from "./option-value.js";
import { type OutputOption, parseOutput } from "./output-option.js";
import { labelOf, type Placed } from "./output-places.js";
import { readAgents, readSecrets } from "./secret-option.js";
import { UsageError } from "./usage-error.js";

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
  const { parseCompression } = await import("../layer/encode/compression.js");
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
