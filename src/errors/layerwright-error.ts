import { shownText } from "../core/shown-text.js";
import { catalogue, type ErrorCode, type ErrorParameters } from "./catalogue.js";
import { type Origin, originText } from "./origin.js";

/** The context of a coded error beside its message. */
export interface ErrorContext {
  /** The subject of the error: a path, a digest, an image name, a step. */
  readonly subject?: string | undefined;
  /** The user's file and line where the step was written. */
  readonly origin?: Origin | undefined;
  /** The lower-level failure that led here. */
  readonly cause?: unknown;
}

const BRAND = Symbol.for("layerwright.error");

/**
 * The base of every error that layerwright throws on purpose. `code` is stable and made of words, `hint` says
 * what to do, and `origin` is the user's own line.
 *
 * @example
 * ```ts
 * import { Image, isLayerwrightError } from "layerwright";
 *
 * try {
 *   Image.scratch().expose(0);
 * } catch (error) {
 *   if (isLayerwrightError(error)) console.log(error.code, error.hint);
 * }
 * ```
 */
export abstract class LayerwrightError<Code extends ErrorCode = ErrorCode> extends Error {
  readonly code: Code;
  readonly subject: string | undefined;
  readonly hint: string;
  readonly origin: Origin | undefined;
  /** The image that was being built, where there were several: the catalog's name and its own, `acme/api`. */
  image?: string;
  /** The message without the place, for programs that show the place themselves. */
  readonly shortMessage: string;

  /** @internal */
  constructor(code: Code, parameters: ErrorParameters<Code>, context: ErrorContext = {}) {
    const made = catalogue[code](parameters as never);
    // Names, answers of registries and output of commands are in it, and it ends on a terminal.
    const message = shownText(made.message);
    const hint = shownText(made.hint);
    const place = context.origin === undefined ? "" : ` (at ${originText(context.origin)})`;
    super(`${message}${place}`, context.cause === undefined ? undefined : { cause: context.cause });
    this.name = new.target.name;
    this.code = code;
    this.shortMessage = message;
    this.hint = hint;
    this.subject = context.subject;
    this.origin = context.origin;
    Object.defineProperty(this, BRAND, { value: true });
  }
}

/** True for an error of layerwright, also for one of another copy of the package. */
export function isLayerwrightError(value: unknown): value is LayerwrightError {
  return typeof value === "object" && value !== null && BRAND in value;
}

/** The same error, which says now which image it is of; what is no coded error stays as it is. */
export function ofImage<Thrown>(error: Thrown, image: string | undefined): Thrown {
  if (image !== undefined && isLayerwrightError(error)) error.image ??= image;
  return error;
}

/** The description itself is wrong; thrown in the builder call that wrote it. */
export class DefinitionError<Code extends ErrorCode = ErrorCode> extends LayerwrightError<Code> {}

/** The description is well formed, but cannot become an image here: a source, a base or a dialect does not allow it. */
export class PlanError<Code extends ErrorCode = ErrorCode> extends LayerwrightError<Code> {}

/** The machine refused: a file could not be read or written, a tool is missing. */
export class EnvironmentError<Code extends ErrorCode = ErrorCode> extends LayerwrightError<Code> {}

/** The result of a command that failed. */
export interface StepFailure extends ErrorContext {
  readonly command: string;
  readonly exitCode: number;
  readonly output: readonly string[];
}

/** A command of the image failed. */
export class StepError<Code extends ErrorCode = ErrorCode> extends LayerwrightError<Code> {
  readonly command: string;
  /** 124 where the command was stopped because its time was up. */
  readonly exitCode: number;
  /** The last lines that it printed, with secrets hidden. */
  readonly output: readonly string[];

  /** @internal */
  constructor(code: Code, parameters: ErrorParameters<Code>, failure: StepFailure) {
    super(code, parameters, failure);
    this.command = failure.command;
    this.exitCode = failure.exitCode;
    this.output = failure.output;
  }
}

/** Bytes are not what their digest, size or format says. */
export class IntegrityError<Code extends ErrorCode = ErrorCode> extends LayerwrightError<Code> {}

/** A registry refused, could not be reached, or answered what it must not. */
export class RegistryError<Code extends ErrorCode = ErrorCode> extends LayerwrightError<Code> {
  /** The HTTP status of the answer, where there was one. */
  readonly status?: number;

  /** @internal */
  constructor(
    code: Code,
    parameters: ErrorParameters<Code>,
    context: ErrorContext & { readonly status?: number } = {},
  ) {
    super(code, parameters, context);
    if (context.status !== undefined) this.status = context.status;
  }
}
