import { deepFreeze } from "../../core/freeze.js";
import type { Origin } from "../../errors/origin.js";
import { checkArgument, parseArguments } from "../argument-list.js";
import { beginCall, type Call, refuse } from "../call.js";
import { parseWorkdir } from "../container-path.js";
import { type MountInput, parseMount } from "../mount.js";
import { checkFlag, checkOptions, defined } from "../options.js";
import { type Owner, ownerText, parseOwner } from "../owner.js";
import type { Source } from "../source.js";
import { parseVariables, recordOf } from "../string-record.js";

/** Something a run step sees while it runs and that never becomes part of the layer. */
export type RunMount =
  | {
      readonly type: "cache";
      readonly target: string;
      readonly id?: string;
      readonly sharing?: "shared" | "private" | "locked";
    }
  | { readonly type: "bind"; readonly target: string; readonly source: Source; readonly writable?: boolean }
  | { readonly type: "tmpfs"; readonly target: string; readonly sizeBytes?: number }
  | {
      readonly type: "secret";
      readonly id: string;
      readonly target?: string;
      readonly env?: string;
      readonly required?: boolean;
    }
  | { readonly type: "ssh"; readonly id?: string };

/** Runs a command: a string by the image's shell, an array as it is. */
export interface RunStep {
  readonly kind: "run";
  readonly command: string | readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly workdir?: string;
  readonly user?: string;
  /** True when what a package manager leaves behind is meant to stay in the layer. */
  readonly keepLeftovers?: boolean;
  readonly network?: "none" | "host" | "default";
  readonly mounts?: readonly RunMount[];
  readonly timeout?: number;
  readonly origin?: Origin;
}

/** What surrounds a command while it runs. Nothing of it is stored in the image's config. */
export interface RunOptions {
  /** Variables for this command only, beside those of the image. */
  readonly env?: Readonly<Record<string, string>>;
  /** @default - the image's working folder */
  readonly workdir?: string;
  /** @default - the image's user */
  readonly user?: number | string | Owner;
  /** True when caches, lists and logs of a package manager stay in the layer, which no pass then cleans. @default - false */
  readonly keepLeftovers?: boolean;
  /** @default - "default": what the builder gives; in the direct build a network of its own by slirp4netns, else the host's */
  readonly network?: "none" | "host" | "default";
  /** Caches, files, secrets and sockets that the command sees and that never become part of the layer. */
  readonly mounts?: readonly MountInput[];
  /** Seconds after which the direct build stops the command; a Dockerfile cannot say it. @default - no limit */
  readonly timeout?: number;
}

/** What a timer of Node can wait for: a little less than 25 days. */
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
    refuse(call, "ARGUMENT_INVALID", { call: call.name, argument: `option ${option}`, got, allowed });
  checkFlag(call, "keepLeftovers", keepLeftovers);
  if (network !== undefined && !NETWORKS.includes(network)) invalid("network", network, NETWORKS.join(", "));
  if (timeout !== undefined && !(typeof timeout === "number" && timeout > 0 && timeout <= LONGEST_TIMEOUT))
    invalid("timeout", timeout, `seconds, more than 0 and at most ${LONGEST_TIMEOUT}`);
  if (mounts !== undefined && !Array.isArray(mounts)) invalid("mounts", mounts, "an array of mounts");
  return deepFreeze(
    defined<RunStep>({
      kind: "run",
      command: parseCommand(call, command),
      env:
        env === undefined ? undefined : parseVariables(call, recordOf(call, "variables", env, undefined, 1)),
      workdir: workdir === undefined ? undefined : parseWorkdir(call, workdir),
      user: user === undefined ? undefined : ownerText(parseOwner(call, user)),
      keepLeftovers: keepLeftovers || undefined,
      network,
      mounts: mounts?.map((mount) => parseMount(call, mount)),
      timeout,
      origin: call.origin,
    }),
  );
}

function parseCommand(call: Call, command: unknown): string | readonly string[] {
  if (typeof command !== "string") return parseArguments(call, command, 1);
  if (command.trim() === "")
    refuse(call, "COMMAND_INVALID", { call: call.name, reason: "the command is empty" });
  checkArgument(call, command, "the command");
  return command;
}
