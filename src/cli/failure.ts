import { systemError } from "../adapters/host/disk-calls.js";
import { isLayerwrightError } from "../errors/layerwright-error.js";
import type { Origin } from "../errors/origin.js";

/** A coded error as plain data: what crosses from the user's process to ours, and what is printed. */
export interface Failure {
  /** The class, which the exit code depends on. */
  readonly kind: string;
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly origin?: Origin;
  /** The image that was being built. */
  readonly image?: string;
  /** More lines that belong to the message: the frames of the user's program. */
  readonly detail?: string;
  /** Set when this is a fault of ours: the whole stack, for `--debug`. */
  readonly stack?: string;
}

/** Carries a failure that happened in the user's process through ours. */
export class CarriedFailure extends Error {
  readonly failure: Failure;

  constructor(failure: Failure) {
    super(failure.message);
    this.name = "CarriedFailure";
    this.failure = failure;
  }
}

/** A coded error as data, or undefined for any other value. */
export function codedFailure(error: unknown): Failure | undefined {
  if (error instanceof CarriedFailure) return error.failure;
  if (!isLayerwrightError(error)) return undefined;
  const { name: kind, code, shortMessage: message, hint, origin, image } = error;
  return {
    kind,
    code,
    message,
    hint,
    ...(origin === undefined ? {} : { origin: { ...origin } }),
    ...(image === undefined ? {} : { image }),
  };
}

/** Any error as data: what has no code is a fault of ours. */
export function failureOf(thrown: unknown): Failure {
  const error = systemError(thrown);
  const coded = codedFailure(error);
  if (coded !== undefined) return coded;
  const stack = error instanceof Error ? error.stack : undefined;
  return {
    kind: "Bug",
    code: "UNEXPECTED",
    message: error instanceof Error ? `${error.name}: ${error.message}` : String(error),
    hint: "this is a bug in layerwright: report it with the output of the same command and --debug",
    ...(stack === undefined ? {} : { stack }),
  };
}
