import type { Origin } from "../../errors/origin.js";
import type { BlobStore } from "../../ports/blob-store.js";
import { changedInputs, isRunInputs, type RunInputs } from "./run-inputs.js";

/** What a build would do with one command. */
export interface RunForecast {
  readonly command: string;
  readonly origin?: Origin | undefined;
  /** True when it would run. */
  readonly runs: boolean;
  /** Why it would: what changed since it ran last, or that it never did. Empty when it would not. */
  readonly reasons: readonly string[];
}

/** Thrown when a forecast comes to a command that would run: nobody knows what it would leave. */
export class WouldRun extends Error {}

const KIND = "run-inputs-1";

/** Notes what a command depended on, by where it stands in its image. */
export async function noteInputs(place: string, inputs: RunInputs, store: BlobStore): Promise<void> {
  await store.putRecord(KIND, place, inputs);
}

/** Why a command has to run now. */
export async function reasonsToRun(place: string, inputs: RunInputs, store: BlobStore): Promise<string[]> {
  const before = await store.getRecord(KIND, place);
  if (!isRunInputs(before)) return ["it did not run here before"];
  const changes = changedInputs(before, inputs);
  return changes.length === 0 ? ["what it left is no longer in the store"] : changes;
}
