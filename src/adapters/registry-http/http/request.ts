/** Bytes that are sent, from the start on each call. */
export interface RequestBody {
  readonly size: number;
  bytes(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** One request to one address. Redirects, logins and repetition are the caller's. */
export interface HttpRequest {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly url: URL;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: RequestBody | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** What TLS needs to know of a server. */
export interface TlsTrust {
  /** Authorities, as PEM, beside those of Node. */
  readonly ca?: readonly string[];
  readonly cert?: string;
  readonly key?: string;
}
