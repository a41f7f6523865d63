import { type Call, refuse } from "./call.js";

/** Reads the URL of a file to fetch: absolute, http or https, and without credentials, which would be published. */
export function parseFetchUrl(call: Call, value: unknown): string {
  const invalid = (reason: string): never =>
    refuse(call, "URL_INVALID", { call: call.name, got: value, reason });
  if (typeof value !== "string") return invalid("is not a string");
  if (/[\s\0]/.test(value)) return invalid("holds white space or a NUL");
  let url: URL;
  try {
    url = new URL(value);
  } catch {
    return invalid("is not absolute");
  }
  if (url.protocol !== "https:" && url.protocol !== "http:") return invalid("is neither http nor https");
  if (url.username !== "" || url.password !== "") {
    refuse(call, "URL_HAS_CREDENTIALS", { call: call.name, host: url.host });
  }
  return value;
}

/** Reads a sha256, with or without its `sha256:`; hex in upper case is the same number. */
export function parseChecksum(call: Call, url: string, value: unknown): string {
  if (value === undefined) refuse(call, "CHECKSUM_MISSING", { call: call.name, url });
  const hex = typeof value === "string" ? value.replace(/^sha256:/, "").toLowerCase() : "";
  if (!/^[0-9a-f]{64}$/.test(hex)) refuse(call, "CHECKSUM_INVALID", { call: call.name, got: value });
  return hex;
}
