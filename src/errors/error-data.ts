import {
  DefinitionError,
  EnvironmentError,
  IntegrityError,
  isLayerwrightError,
  LayerwrightError,
  PlanError,
  RegistryError,
} from "./layerwright-error.js";
import type { Origin } from "./origin.js";

/** A coded error as JSON data, to cross from one process to another. */
export interface ErrorData {
  readonly kind: string;
  readonly code: string;
  readonly message: string;
  readonly shortMessage: string;
  readonly hint: string;
  readonly subject?: string;
  readonly origin?: Origin;
}

const CLASSES = { DefinitionError, EnvironmentError, IntegrityError, PlanError, RegistryError };

/** A coded error as data, or undefined for any other value. */
export function errorData(error: unknown): ErrorData | undefined {
  if (!isLayerwrightError(error)) return undefined;
  const { name, code, message, shortMessage, hint, subject, origin } = error;
  return {
    kind: name,
    code,
    message,
    shortMessage,
    hint,
    ...(subject === undefined ? {} : { subject }),
    ...(origin === undefined ? {} : { origin: { ...origin } }),
  };
}

/** The error that some data came from, with its class, code and message as they were. */
export function errorFromData(data: ErrorData): LayerwrightError {
  const { kind, ...fields } = data;
  const known = Object.hasOwn(CLASSES, kind) ? CLASSES[kind as keyof typeof CLASSES] : PlanError;
  return LayerwrightError.revive(known.prototype, { ...fields, name: kind });
}
