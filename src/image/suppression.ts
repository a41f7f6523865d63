import { type Call, refuse } from "./call.js";

const CODE = /^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*$/;
const WORDS = 3;

/** Reads the code of a finding: upper-case words joined by `_`. */
export function parseFindingCode(call: Call, code: unknown): string {
  if (typeof code === "string" && CODE.test(code)) return code;
  return refuse(call, "SUPPRESSION_INVALID", { call: call.name, what: "code", code, got: code });
}

/** Reads the reason of a suppression: text of at least three words, since "ok" tells nobody anything. */
export function parseReason(call: Call, code: unknown, reason: unknown): string {
  if (typeof reason === "string" && reason.trim().split(/\s+/).length >= WORDS) return reason.trim();
  return refuse(call, "SUPPRESSION_INVALID", { call: call.name, what: "reason", code, got: reason });
}
