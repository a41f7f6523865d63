/** The codes of the distribution spec, and the two of distribution/distribution that registries answer beside them. */
export type RefusalCode =
  | "BLOB_UNKNOWN"
  | "BLOB_UPLOAD_INVALID"
  | "BLOB_UPLOAD_UNKNOWN"
  | "DIGEST_INVALID"
  | "MANIFEST_BLOB_UNKNOWN"
  | "MANIFEST_INVALID"
  | "MANIFEST_UNKNOWN"
  | "NAME_INVALID"
  | "NAME_UNKNOWN"
  | "PAGINATION_NUMBER_INVALID"
  | "SIZE_INVALID"
  | "TAG_INVALID"
  | "UNAUTHORIZED"
  | "UNSUPPORTED";

/** What a refusal carries beside its message. */
export interface RefusalContext {
  readonly detail?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An answer that says no, in the JSON that the spec asks for. */
export function refuse(
  status: number,
  code: RefusalCode,
  message: string,
  context: RefusalContext = {},
): Response {
  const error = { code, message, ...(context.detail === undefined ? {} : { detail: context.detail }) };
  return json({ errors: [error] }, { status, headers: context.headers ?? {} });
}

export function json(
  value: unknown,
  init: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): Response {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  const headers = {
    "content-type": "application/json",
    "content-length": String(bytes.length),
    ...init.headers,
  };
  return new Response(bytes, { status: init.status ?? 200, headers });
}

/** An answer without a body. */
export function empty(status: number, headers: Readonly<Record<string, string>> = {}): Response {
  const length = status === 204 ? {} : { "content-length": "0" };
  return new Response(null, { status, headers: { ...length, ...headers } });
}

/** What HEAD gets: the headers of the answer to GET, and none of its body. */
export async function withoutBody(response: Response): Promise<Response> {
  await response.body?.cancel();
  return new Response(null, { status: response.status, headers: response.headers });
}
