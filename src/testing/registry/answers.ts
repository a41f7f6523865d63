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

/** The parts of a refusal beside its message. */
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

/** Returns the answer to HEAD: the headers of the answer to GET, and none of its body. */
export async function withoutBody(response: Response): Promise<Response> {
  await response.body?.cancel();
  return new Response(null, { status: response.status, headers: response.headers });
}

/** The algorithms that the image spec registers, with the hex characters of a digest. */
const HEX_LENGTHS: Readonly<Record<string, number>> = { sha256: 64, sha512: 128 };

const GRAMMAR = /^([a-z0-9]+):([a-f0-9]+)$/;

/** The algorithm of a well-formed digest that can be checked here; undefined for any other text. */
export function digestAlgorithm(text: string): string | undefined {
  const [, algorithm = "", hex = ""] = GRAMMAR.exec(text) ?? [];
  return hex !== "" && HEX_LENGTHS[algorithm] === hex.length ? algorithm : undefined;
}

/** One page of a sorted list of names, by the `n` and `last` of the address, with a link to the next one. */
export function answerPage(request: Request, names: readonly string[], field: string, rest = {}): Response {
  const url = new URL(request.url);
  const n = url.searchParams.get("n");
  if (n !== null && !/^\d{1,9}$/.test(n)) {
    return refuse(400, "PAGINATION_NUMBER_INVALID", "invalid number of results requested", { detail: { n } });
  }
  const last = url.searchParams.get("last") ?? "";
  // Names of the API are ASCII: the order of code units is the order of bytes.
  const left = names.filter((name) => name > last).sort((a, b) => (a < b ? -1 : 1));
  const page = n === null ? left : left.slice(0, Number(n));
  const value = { ...rest, [field]: page };
  if (page.length === 0 || page.length === left.length) return json(value);
  const next = new URLSearchParams({ n: String(n), last: page.at(-1)! });
  return json(value, { headers: { link: `<${url.pathname}?${next}>; rel="next"` } });
}
