import { PlanError } from "../errors/layerwright-error.js";
import { redactUrl } from "./describe.js";
import type { AddOperation } from "./operation.js";

/** The error for a file that neither the description nor the lock knows the sha256 of. */
export function notLocked({ url, origin }: AddOperation): PlanError {
  const shown = redactUrl(url);
  return new PlanError("ADD_NOT_LOCKED", { url: shown }, { subject: shown, origin });
}
