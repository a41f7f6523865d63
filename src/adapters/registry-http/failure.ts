import { isObject } from "../../core/json.js";
import { RegistryError } from "../../errors/layerwright-error.js";
import type { Repository } from "../../ports/registry.js";
import { type Answer, ProxyRefused, readAnswer, TooSlow } from "./http/message.js";
import { RedirectRefused, sameOrigin, shownOrigin } from "./http/origin.js";

/** The purpose of a request, in words that follow "to" and "let you". */
export type Action = "pull from" | "push to" | "log in to";

/** Statuses that may be gone at the next try (RFC 9110, and what proxies in front of registries give). */
const PASSING = new Set([408, 429, 499, 500, 502, 503, 504, 520, 521, 522, 523, 524]);

export function isPassing(status: number): boolean {
  return PASSING.has(status);
}

/** True when a connection may be made again: it broke, was cut short, or was too slow. */
export function isBroken(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" && (BROKEN.has(code) || code.startsWith("HPE_"));
}

const BROKEN = new Set([
  "CUT_SHORT",
  "TOO_SLOW",
  "ECONNRESET",
  "ECONNREFUSED",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "EAI_AGAIN",
  "ENOTFOUND",
  "ERR_STREAM_DESTROYED",
  "ERR_STREAM_PREMATURE_CLOSE",
]);

const CERTIFICATE =
  /^(?:CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED|UNABLE_TO_|INVALID_|PATH_LENGTH_|ERR_TLS_|ERR_OSSL_|HOSTNAME_MISMATCH|ERR_SSL_|EPROTO$)/;

/** The reason why a connection failed, in words; undefined for an error of another kind. */
export function connectionReason(error: unknown): string | undefined {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: string };
  if (error instanceof TooSlow) return error.message;
  if (error instanceof ProxyRefused || typeof code !== "string") return undefined;
  if (CERTIFICATE.test(code)) return certificateReason(code, message);
  return isBroken(error) || isOfConnecting(error) ? (WORDS[code] ?? code) : undefined;
}

/** True when an error is of a connection that was never made; a file that cannot be read has codes as well. */
function isOfConnecting(error: unknown): boolean {
  const { syscall } = (error ?? {}) as { syscall?: unknown };
  return syscall === "connect" || syscall === "getaddrinfo";
}

/** The coded error for a connection that failed. What was sent is no part of it. */
export function connectionError(error: unknown, registry: string): unknown {
  const { code } = (error ?? {}) as { code?: unknown };
  const subject = { subject: registry };
  if (error instanceof ProxyRefused) {
    return new RegistryError("PROXY_FAILED", { proxy: error.proxy, reason: error.message }, subject);
  }
  if (error instanceof RedirectRefused) {
    const { target, message } = error;
    return new RegistryError("REDIRECT_REFUSED", { registry, target, reason: message }, subject);
  }
  const reason = connectionReason(error);
  if (reason === undefined) return error;
  if (error instanceof TooSlow) return new RegistryError("REGISTRY_SILENT", { registry, reason }, subject);
  const known = typeof code === "string" && CERTIFICATE.test(code);
  return new RegistryError(
    known ? "REGISTRY_CERTIFICATE" : "REGISTRY_UNREACHABLE",
    { registry, reason },
    subject,
  );
}

function certificateReason(code: string, message = ""): string {
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") return "it is made out for another name";
  if (code === "ERR_SSL_WRONG_VERSION_NUMBER" || /wrong version number|packet length too long/.test(message))
    return "the server does not speak TLS";
  return code.toLowerCase().replaceAll("_", " ");
}

const WORDS: Readonly<Record<string, string>> = {
  CUT_SHORT: "the connection ended in the middle of the answer",
  ECONNRESET: "the connection was reset",
  ECONNREFUSED: "nothing listens there",
  ENOTFOUND: "there is no such host",
  EAI_AGAIN: "its name cannot be looked up at the moment",
  ETIMEDOUT: "nothing came in time",
};

/** The coded error for an answer that is none of those that were expected. */
export async function statusError(
  answer: Answer,
  about: {
    readonly repository: Repository;
    readonly action: Action;
    readonly known: boolean;
    readonly attempts: number;
    /** The registry's own address: an answer from elsewhere is the storage's. */
    readonly base: URL;
    /** Texts that must not be shown, wherever the server repeats them. */
    readonly secrets: readonly string[];
    /** Seconds that the server wants to be left alone, where that is longer than one waits. */
    readonly wait: number | undefined;
  },
): Promise<RegistryError> {
  const { status, url } = answer;
  const { action, known, attempts, base, wait } = about;
  const repository = repositoryText(about.repository);
  const registry = about.repository.domain;
  const reason = await refusalWords(answer, about.secrets);
  const context = { subject: repository, status };
  if (wait !== undefined) {
    const parameters = { registry, seconds: wait, known, reason };
    return new RegistryError("REGISTRY_BUSY", parameters, { subject: registry, status });
  }
  if (isPassing(status)) {
    return new RegistryError(
      "REGISTRY_FAILED",
      { repository, action, status, attempts, known, reason },
      context,
    );
  }
  if (!sameOrigin(url, base)) {
    const parameters = { registry, storage: shownOrigin(url), action, status, reason };
    return new RegistryError("STORAGE_REFUSED", parameters, context);
  }
  if (status === 401 || status === 403) {
    return new RegistryError(
      "REGISTRY_DENIED",
      { repository, action, known, reason: reason || `it answers ${status}` },
      context,
    );
  }
  return new RegistryError("REGISTRY_REFUSED", { repository, action, status, reason }, context);
}

/** The server's own words in an answer that refuses, on one line; empty where it says nothing. */
export async function refusalWords(answer: Answer, secrets: readonly string[]): Promise<string> {
  const bytes = await (await readAnswer(answer)).read(Number.POSITIVE_INFINITY);
  let text = bytes.toString("utf8");
  for (const secret of secrets) if (secret !== "") text = text.replaceAll(secret, "***");
  return refusalReason(answer.headers["content-type"], text);
}

/** Characters of what a server says at most, of one of its errors and of all. */
const MOST_OF_ONE = 300;
const MOST_REASON = 600;
/** Errors of one answer that are shown. */
const MOST_ERRORS = 5;

/**
 * The server's own words about a refusal, on one line: every entry of `errors` with its code, message and detail
 * (distribution spec, "Error Codes"), the fields that other servers use instead, the code and message of a storage's
 * XML, plain text, or the title of a page. Empty where it says nothing.
 */
function refusalReason(type: string | undefined, text: string): string {
  if (/http request .*https/i.test(text)) return "it speaks https, and was asked by http";
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return plain(ofMarkup(text) ?? (/^text\/plain\b/.test(type ?? "") ? text : ""), MOST_OF_ONE);
  }
  if (typeof value === "string") return plain(value, MOST_OF_ONE);
  if (!isObject(value)) return "";
  const { errors } = value;
  const entries = Array.isArray(errors) && errors.length > 0 ? (errors as readonly unknown[]) : [value];
  const said = [...new Set(entries.slice(0, MOST_ERRORS).map(entryText))].filter((one) => one !== "");
  const more = entries.length > MOST_ERRORS ? [`and ${entries.length - MOST_ERRORS} more`] : [];
  return plain([...said, ...more].join("; "), MOST_REASON);
}

/** One error: `CODE: message (detail)`. */
function entryText(entry: unknown): string {
  if (!isObject(entry)) return plain(shown(entry), MOST_OF_ONE);
  const { code, status, message, error, title, detail, details, error_description: described } = entry;
  const head = [code ?? status, message ?? described ?? title ?? error].map(shown);
  const words = head.filter((part, at) => part !== "" && head.indexOf(part) === at).join(": ");
  const rest = shown(detail ?? details);
  if (words === "") return plain(rest, MOST_OF_ONE);
  return plain(rest === "" || words.includes(rest) ? words : `${words} (${rest})`, MOST_OF_ONE);
}

/** A value as text; what holds nothing is empty. */
function shown(value: unknown): string {
  if (typeof value === "string") return value.trim();
  if (value === null || value === undefined || typeof value === "boolean") return "";
  if (typeof value === "number") return String(value);
  const text = JSON.stringify(value);
  return text === "{}" || text === "[]" ? "" : text;
}

/** The words of a storage in XML (`<Code>`, `<Message>`), or the title of a page. */
function ofMarkup(text: string): string | undefined {
  const element = (name: string) => new RegExp(`<${name}[^>]*>([^<]{1,500})</${name}>`, "i").exec(text)?.[1];
  if (!/^\s*</.test(text)) return undefined;
  const parts = [element("Code"), element("Message")].filter((part) => part !== undefined);
  return parts.length > 0 ? parts.join(": ") : element("title");
}

/** Words of another without control characters and line breaks, and without a secret that they may repeat. */
function plain(text: string, most: number): string {
  const clean = text
    .replace(/[\p{C}\p{Zl}\p{Zp}\s]+/gu, " ")
    .trim()
    .replace(/\b(basic|bearer)\s+[\w.~+/=-]{8,}/gi, "$1 ***")
    .replace(SECRET_MEMBER, "$1***")
    .replace(SECRET_WORD, "$1***")
    .replace(/\beyJ[\w-]{5,}\.[\w-]+\.[\w-]*/g, "***")
    .replace(/(:\/\/)[^\s/@:]*:[^\s/@]*@/g, "$1***@");
  return clean.length > most ? `${clean.slice(0, most)}...` : clean;
}

const SECRET_NAMES = "password|passwd|secret|token|authorization|api[_-]?key|signature|sig|credential";
/** A member of JSON or a parameter of an address that is named like a secret, with its value. */
const SECRET_MEMBER = new RegExp(`((?:${SECRET_NAMES})(?:=|"\\s*:\\s*"))[^\\s"&,;)}]+`, "gi");
/** The same in a sentence, where what follows may also be a word. */
const SECRET_WORD = new RegExp(`((?:${SECRET_NAMES}):\\s*)(?=[^\\s]*\\d)[^\\s"&,;)}]{8,}`, "gi");

/** A repository as messages name it. */
export function repositoryText({ domain, path }: Repository): string {
  return path === "" ? domain : `${domain}/${path}`;
}
