import { PlanError } from "../errors/layerwright-error.js";

/** The last second that a ustar header can hold: eleven octal digits. */
const LAST = 0o77777777777;

/**
 * Reads `SOURCE_DATE_EPOCH` (reproducible-builds.org): whole seconds in decimal digits; unset or empty is undefined.
 * Anything else is `EPOCH_INVALID`, never silently "now".
 */
export function parseSourceDateEpoch(text: string | undefined): number | undefined {
  if (text === undefined || text === "") return undefined;
  const seconds = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds <= LAST))
    throw new PlanError("EPOCH_INVALID", { got: text }, { subject: "SOURCE_DATE_EPOCH" });
  return seconds;
}

/** Seconds since the epoch in RFC 3339, without a fraction, in UTC. */
export function dateText(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace(".000Z", "Z");
}
