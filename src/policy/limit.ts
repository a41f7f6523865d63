import { parseSize } from "../core/size.js";
import { type Call, refuse } from "../image/call.js";

/** Reads a limit in bytes, as `200MB` or a number. */
export function readSize(call: Call, given: unknown): number {
  const bytes = typeof given === "string" || typeof given === "number" ? parseSize(given) : undefined;
  if (bytes !== undefined) return bytes;
  return refuse(call, "POLICY_INVALID", {
    call: call.name,
    reason: 'the limit is a size such as "200MB" or "64MiB"',
  });
}

/** A limit in bytes, or as a share of something. */
export type Limit = { readonly bytes: number } | { readonly share: number };

/** Reads a limit as `10MB` or `5%`. */
export function readLimit(call: Call, given: unknown): Limit {
  const [, percent] = typeof given === "string" ? (/^\s*(\d+(?:\.\d+)?)\s*%\s*$/.exec(given) ?? []) : [];
  if (percent !== undefined) return { share: Number(percent) / 100 };
  const bytes = typeof given === "string" || typeof given === "number" ? parseSize(given) : undefined;
  if (bytes !== undefined) return { bytes };
  return refuse(call, "POLICY_INVALID", {
    call: call.name,
    reason: 'the limit is a size such as "10MB", or a share such as "5%"',
  });
}

/** Reads a number of things. */
export function readCount(call: Call, given: unknown): number {
  if (typeof given === "number" && Number.isSafeInteger(given) && given >= 0) return given;
  return refuse(call, "POLICY_INVALID", { call: call.name, reason: "the limit is an integer from 0" });
}

/** Reads texts that are not empty. */
export function readTexts(call: Call, what: string, given: unknown): readonly string[] {
  if (Array.isArray(given) && given.every((one) => typeof one === "string" && one !== "")) return given;
  return refuse(call, "POLICY_INVALID", { call: call.name, reason: `the ${what} are an array of texts` });
}

/** A share as people read it. */
export function percentText(share: number): string {
  return `${(share * 100).toFixed(1).replace(/\.0$/, "")} %`;
}
