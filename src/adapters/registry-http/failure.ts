import { RegistryError } from "../../errors/layerwright-error.js";
import type { Repository } from "../../ports/registry.js";
import { type Answer, ProxyRefused, readAnswer, TooSlow } from "./http/answer.js";

/** What a request was for, in words that follow "to" and "let you". */
export type Action = "pull from" | "push to" | "log in to";

/** Statuses that may be gone at the next try (RFC 9110, and what proxies in front of registries give). */
const PASSING = new Set([408, 429, 499, 500, 502, 503, 504, 520, 521, 522, 523, 524]);

export function isPassing(status: number): boolean {
  return PASSING.has(status);
}

/** Whether a connection may be made again: it broke, was cut short, or was too slow. */
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

/** Why a connection failed, in words; undefined for an error of another kind. */
export function connectionReason(error: unknown): string | undefined {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: string };
  if (error instanceof TooSlow) return error.message;
  if (error instanceof ProxyRefused || typeof code !== "string") return undefined;
  if (CERTIFICATE.test(code)) return certificateReason(code, message);
  return isBroken(error) || isOfConnecting(error) ? (WORDS[code] ?? code) : undefined;
}

/** Whether an error is of a connection that was never made; a file that cannot be read has codes as well. */
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
  },
): Promise<RegistryError> {
  const { status } = answer;
  const { action, known, attempts } = about;
  const repository = repositoryText(about.repository);
  const reason = await reasonOf(await readAnswer(answer));
  const subject = { subject: repository };
  if (status === 401 || status === 403) {
    return new RegistryError(
      "REGISTRY_DENIED",
      { repository, action, known, reason: reason || `it answers ${status}` },
      subject,
    );
  }
  if (isPassing(status))
    return new RegistryError("REGISTRY_FAILED", { repository, action, status, attempts }, subject);
  return new RegistryError("REGISTRY_REFUSED", { repository, action, status, reason }, subject);
}

/** What the registry says of its refusal (distribution spec, "Error Codes"), in plain characters and no more than a line. */
async function reasonOf(answer: Answer): Promise<string> {
  const text = (await answer.read(Number.POSITIVE_INFINITY)).toString("utf8");
  try {
    const { errors } = JSON.parse(text) as { errors?: readonly { code?: unknown; message?: unknown }[] };
    const [first] = errors ?? [];
    const parts = [first?.code, first?.message].filter((part) => typeof part === "string" && part !== "");
    return plain(parts.join(": "));
  } catch {
    // Servers say it in a page of their own.
    return /http request .*https/i.test(text) ? "it speaks https, and was asked by http" : "";
  }
}

/** What somebody else wrote, without control characters, and without a header of ours that it may repeat. */
function plain(text: string): string {
  return text
    .replace(/[^\x20-\x7e]+/g, " ")
    .replace(/\b(basic|bearer)\s+[\w.~+/=-]{8,}/gi, "$1 ***")
    .slice(0, 300);
}

/** A repository as messages name it. */
export function repositoryText({ domain, path }: Repository): string {
  return path === "" ? domain : `${domain}/${path}`;
}
