/** Why a JSON document is refused; the text continues "the document ...". */
export class BadJson {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/** Objects and arrays one in another; image documents need six. */
const MAX_DEPTH = 64;

/**
 * Reads JSON as image documents may be (image-spec considerations.md, RFC 7493): UTF-8 without a mark in front, no
 * key twice in an object, no whole number that JavaScript would round. Two readers that pick different ones of two
 * equal keys see two different images, so such a document is refused rather than guessed at.
 */
export function parseStrictJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return new BadJson("is not UTF-8 text");
  }
  if (text.startsWith("\ufeff")) return new BadJson("starts with a byte order mark");
  const depth = depthOf(text);
  if (depth > MAX_DEPTH) return new BadJson(`is nested more than ${MAX_DEPTH} levels deep`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return new BadJson("is not JSON");
  }
  return problemIn(text) ?? value;
}

/** The deepest nesting, counted before anything that recurses gets to see the text. */
function depthOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "{" || token === "[") deepest = Math.max(deepest, ++depth);
    else if (token === "}" || token === "]") depth--;
  }
  return deepest;
}

/** Strings, brackets, colons and numbers of a JSON text. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\]:]|-?\d[\d.eE+-]*/gs;

/** Finds what `JSON.parse` passes over in silence. The text is known to be JSON. */
function problemIn(text: string): BadJson | undefined {
  const open: (Set<string> | undefined)[] = [];
  let last: string | undefined;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    else if (token === ":") {
      const key = JSON.parse(last!) as string;
      const keys = open[open.length - 1]!;
      if (key === "__proto__") return new BadJson('has the key "__proto__"');
      if (keys.has(key)) return new BadJson(`has the key ${JSON.stringify(key)} twice in one object`);
      keys.add(key);
    } else if (token.startsWith('"')) last = token;
    else if (!Number.isSafeInteger(Number(token)) && /^-?\d+$/.test(token)) {
      return new BadJson(`holds the number ${token.slice(0, 40)}, which is too large`);
    }
  }
  return undefined;
}
