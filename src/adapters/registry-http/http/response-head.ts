import type { IncomingHttpHeaders } from "node:http";

/** The head of an answer (RFC 9112 sections 2 to 6). */
export interface Head {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Bytes of the body, where the head states them and nothing else frames it. */
  readonly length: number | undefined;
}

/** Reads the lines of a head, without the empty one at its end; undefined where it is none. */
export function parseHead(text: string): Head | undefined {
  const [first = "", ...lines] = text.split("\r\n");
  const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(first)?.[1];
  if (status === undefined) return undefined;
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const parts = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(line);
    // A folded or broken line makes the whole head doubtful.
    if (parts === null) return undefined;
    const name = parts[1]!.toLowerCase();
    headers[name] = headers[name] === undefined ? parts[2]! : `${headers[name]}, ${parts[2]}`;
  }
  const code = Number(status);
  return { status: code, headers, length: lengthOf(code, headers) };
}

function lengthOf(status: number, headers: Readonly<Record<string, string>>): number | undefined {
  if (status === 204 || status === 304) return 0;
  if (headers["transfer-encoding"] !== undefined) return undefined;
  // Two lengths that differ, or no number at all, frame nothing.
  const values = new Set((headers["content-length"] ?? "").split(",").map((value) => value.trim()));
  const [value = ""] = values;
  return values.size === 1 && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}
