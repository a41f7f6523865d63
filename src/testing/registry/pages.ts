import { json, refuse } from "./answers.js";

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
