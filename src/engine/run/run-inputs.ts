import { sha256Hex } from "../../core/bytes.js";
import { isText, listOf, mapOf, objectOf } from "../../core/json.js";
import type { Origin } from "../../errors/origin.js";
import type { BlobStore } from "../../ports/blob-store.js";

/** One thing that the root file system of a command was made of, in order. */
export interface RootInput {
  /** In the user's words: `base`, `copy package.json /app`, `run apt-get update`. */
  readonly what: string;
  /** Undefined where its content cannot be named. */
  readonly key: string | undefined;
}

/** All that a command depends on, without any value that could be a secret. */
export interface RunInputs {
  readonly root: readonly RootInput[];
  readonly command: string;
  readonly env: Readonly<Record<string, string>>;
  /** The rest by name: working directory, user, network, platform, and each mount by its target. */
  readonly rest: Readonly<Record<string, string>>;
}

/** Puts together what a command depends on; values are kept as digests. */
export function runInputs(
  root: readonly RootInput[],
  args: readonly string[],
  env: ReadonlyMap<string, string>,
  rest: Readonly<Record<string, unknown>>,
): RunInputs {
  const digest = (value: unknown) => sha256Hex(JSON.stringify(value ?? null)).slice(0, 16);
  return {
    root,
    command: digest(args),
    env: Object.fromEntries(Array.from(env, ([name, value]) => [name, digest(value)])),
    rest: Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, digest(value)])),
  };
}

/** The inputs that are not as they were, in a few words each; what comes first in the image comes first. */
function changedInputs(before: RunInputs, now: RunInputs): string[] {
  const changes: string[] = [];
  const length = Math.max(before.root.length, now.root.length);
  for (let at = 0; at < length && changes.length === 0; at++) {
    const [old, current] = [before.root[at], now.root[at]];
    if (old?.what === current?.what && old?.key === current?.key && old?.key !== undefined) continue;
    if (current === undefined) changes.push(`${old?.what} is gone`);
    else if (old?.what !== current.what) changes.push(`${current.what} is new or moved`);
    else if (current.key === undefined) changes.push(`the content of ${current.what} cannot be told apart`);
    else changes.push(`${current.what} changed`);
  }
  if (before.command !== now.command) changes.push("the command changed");
  changes.push(
    ...changedNames(before.env, now.env, "the variable "),
    ...changedNames(before.rest, now.rest, ""),
  );
  return changes;
}

function changedNames(
  before: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
  prefix: string,
): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  return names.flatMap((name) => {
    if (before[name] === now[name]) return [];
    const how = before[name] === undefined ? "is new" : now[name] === undefined ? "is gone" : "changed";
    return [`${prefix}${name} ${how}`];
  });
}

const SHAPE = objectOf({
  root: listOf(objectOf({ what: isText }, { key: isText })),
  command: isText,
  env: mapOf(isText),
  rest: mapOf(isText),
});

/** True when a value from the store has the form of inputs. */
function isRunInputs(value: unknown): value is RunInputs {
  return SHAPE(value);
}

/** A command that a build would run or recall. */
export interface RunForecast {
  readonly command: string;
  readonly origin?: Origin | undefined;
  /** True when it would run. */
  readonly runs: boolean;
  /** The reasons for which it would: what changed since it ran last, or that it never did. Empty when it would not. */
  readonly reasons: readonly string[];
}

/** Thrown when a forecast comes to a command that would run: nobody knows what it would leave. */
export class WouldRun extends Error {}

const INPUTS_KIND = "run-inputs-1";

/** Notes what a command depended on, by where it stands in its image. */
export async function noteInputs(place: string, inputs: RunInputs, store: BlobStore): Promise<void> {
  await store.putRecord(INPUTS_KIND, place, inputs);
}

/** The reasons for which a command has to run now. */
export async function reasonsToRun(place: string, inputs: RunInputs, store: BlobStore): Promise<string[]> {
  const before = await store.getRecord(INPUTS_KIND, place);
  if (!isRunInputs(before)) return ["it did not run here before"];
  const changes = changedInputs(before, inputs);
  return changes.length === 0 ? ["what it left is no longer in the store"] : changes;
}
