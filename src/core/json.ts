/**
 * Serialises JSON data with sorted keys and no spaces, so that equal data has equal bytes (RFC 8785 for the
 * integers and strings that OCI documents hold). `undefined` members are left out, as `JSON.stringify` does,
 * and so are members whose key `skip` names.
 */
export function canonicalJson(value: unknown, skip?: (key: string) => boolean): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null, skip)).join(",")}]`;
  if (value !== null && typeof value === "object") {
    const record = value as Record<string, unknown>;
    const members = Object.keys(record)
      .filter((key) => record[key] !== undefined && !skip?.(key))
      .sort()
      .map((key) => `${JSON.stringify(key)}:${canonicalJson(record[key], skip)}`);
    return `{${members.join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}

/** The reason why a JSON document is refused; the text continues "the document ...". */
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
  scan(text, (token) => {
    if (token === "{" || token === "[") deepest = Math.max(deepest, ++depth);
    else if (token === "}" || token === "]") depth--;
  });
  return deepest;
}

/** Finds what `JSON.parse` passes over in silence. The text is known to be JSON. */
function problemIn(text: string): BadJson | undefined {
  const open: (Set<string> | undefined)[] = [];
  let problem: BadJson | undefined;
  let last = "";
  scan(text, (token, start, end) => {
    if (token === "{") open.push(new Set());
    else if (token === "[") open.push(undefined);
    else if (token === "}" || token === "]") open.pop();
    else if (token === '"') last = text.slice(start, end);
    else if (token === ":") {
      const key = JSON.parse(last) as string;
      const keys = open[open.length - 1]!;
      if (key === "__proto__") problem ??= new BadJson('has the key "__proto__"');
      if (keys.has(key)) problem ??= new BadJson(`has the key ${JSON.stringify(key)} twice in one object`);
      keys.add(key);
    } else if (!isKept(text.slice(start, end))) {
      problem ??= new BadJson(
        `holds the number ${text.slice(start, Math.min(end, start + 40))}, which is too large`,
      );
    }
  });
  return problem;
}

function isKept(number: string): boolean {
  return !/^-?\d+$/.test(number) || Number.isSafeInteger(Number(number));
}

/** Visits brackets, colons, whole strings and whole numbers (as `"0"`) of a text in one pass, valid JSON or not. */
function scan(text: string, visit: (token: string, start: number, end: number) => void): void {
  let at = 0;
  while (at < text.length) {
    const char = text[at]!;
    let end = at + 1;
    if (char === '"') {
      while (end < text.length && text[end] !== '"') end += text[end] === "\\" ? 2 : 1;
      end++;
      visit(char, at, end);
    } else if ("{}[]:".includes(char)) {
      visit(char, at, end);
    } else if (char === "-" || (char >= "0" && char <= "9")) {
      while (end < text.length && "0123456789.eE+-".includes(text[end]!)) end++;
      visit("0", at, end);
    }
    at = end;
  }
}

/** A test of the form of an untrusted JSON value. */
export type Shape = (value: unknown) => boolean;

export const isText: Shape = (value) => typeof value === "string";
export const isFlag: Shape = (value) => typeof value === "boolean";
/** A whole number that is not negative. */
export const isCount: Shape = (value) => Number.isSafeInteger(value) && (value as number) >= 0;

export function listOf(item: Shape): Shape {
  return (value) => Array.isArray(value) && value.every(item);
}

/** An object with members of one shape under any names. */
export function mapOf(member: Shape): Shape {
  return (value) => isObject(value) && Object.values(value).every(member);
}

/** An object with these members; the optional ones may be missing, and others are let through. */
export function objectOf(
  required: Readonly<Record<string, Shape>>,
  optional: Readonly<Record<string, Shape>> = {},
): Shape {
  return (value) =>
    isObject(value) &&
    Object.entries(required).every(([name, shape]) => shape(value[name])) &&
    Object.entries(optional).every(([name, shape]) => value[name] === undefined || shape(value[name]));
}

/** True for a JSON value that is an object and no list. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
