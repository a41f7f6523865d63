import { cleanPath } from "./posix-path.js";

/** One component of a pattern: a plain name, a test of a name, or `**` for any number of directories. */
export type GlobComponent =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "match"; test(name: string): boolean }
  | { readonly kind: "deep" };

/** A pattern of a copy source, ready for a walk. */
export interface GlobPattern {
  /** True when the pattern can match more than the one path it spells. */
  readonly wild: boolean;
  /** Empty for the context itself. */
  readonly components: readonly GlobComponent[];
}

/**
 * Reads the pattern of a copy source: Go's `filepath.Match` a component (`*`, `?`, `[a-z]`, `[^a]`, `\` escapes),
 * as COPY uses it, and `**` as a component of its own for any number of directories, none included.
 * Throws `PatternError`.
 */
export function parseGlobPattern(pattern: string): GlobPattern {
  const cleaned = cleanPath(pattern).replace(/^\//, "");
  if (cleaned === "." || cleaned === "") return { wild: false, components: [] };
  const components: GlobComponent[] = [];
  for (const part of cleaned.split("/")) {
    if (part !== "**") components.push(parseComponent(part));
    // Two in a row say no more than one.
    else if (components.at(-1)?.kind !== "deep") components.push({ kind: "deep" });
  }
  return { wild: components.some((component) => component.kind !== "name"), components };
}

function parseComponent(part: string): GlobComponent {
  if (!hasWildcard(part)) {
    parseGlob(part);
    return { kind: "name", name: unescapeGlob(part) };
  }
  const expression = new RegExp(`^${parseGlob(part).map(tokenExpression).join("")}$`, "u");
  return { kind: "match", test: (name) => expression.test(name) };
}

/** True when a pattern matches a whole relative path. */
export function matchesGlob(pattern: GlobPattern, path: string): boolean {
  return matchFrom(pattern.components, 0, path === "" || path === "." ? [] : path.split("/"), 0);
}

function matchFrom(
  components: readonly GlobComponent[],
  at: number,
  names: readonly string[],
  from: number,
): boolean {
  const component = components[at];
  if (component === undefined) return from === names.length;
  if (component.kind === "deep") {
    for (let next = from; next <= names.length; next++) {
      if (matchFrom(components, at + 1, names, next)) return true;
    }
    return false;
  }
  const name = names[from];
  if (name === undefined || !matchesName(component, name)) return false;
  return matchFrom(components, at + 1, names, from + 1);
}

/** True when one name satisfies one component (`deep` matches every name). */
export function matchesName(component: GlobComponent, name: string): boolean {
  if (component.kind === "name") return component.name === name;
  return component.kind === "deep" || component.test(name);
}

/** One piece of a pattern in the grammar of Go's `filepath.Match`. */
export type GlobToken =
  | { readonly kind: "literal"; readonly text: string }
  | { readonly kind: "star" }
  | { readonly kind: "any" }
  | {
      readonly kind: "class";
      readonly negated: boolean;
      readonly ranges: readonly (readonly [string, string])[];
    };

/** Splits a pattern into its pieces; throws `PatternError` for what Go calls a bad pattern. */
export function parseGlob(pattern: string): GlobToken[] {
  const characters = [...pattern];
  const tokens: GlobToken[] = [];
  let index = 0;
  while (index < characters.length) {
    const character = characters[index]!;
    index++;
    if (character === "*") tokens.push({ kind: "star" });
    else if (character === "?") tokens.push({ kind: "any" });
    else if (character === "[") index = parseClass(pattern, characters, index, tokens);
    else if (character === "\\") {
      const escaped = characters[index];
      if (escaped === undefined) throw new PatternError(pattern, "ends in a backslash");
      tokens.push({ kind: "literal", text: escaped });
      index++;
    } else tokens.push({ kind: "literal", text: character });
  }
  return tokens;
}

function parseClass(
  pattern: string,
  characters: readonly string[],
  start: number,
  tokens: GlobToken[],
): number {
  const negated = characters[start] === "^";
  const ranges: [string, string][] = [];
  let index = negated ? start + 1 : start;
  // Go demands one member at least, so a `]` that comes first is an error and not a member.
  while (ranges.length === 0 || characters[index] !== "]") {
    const low = classMember(pattern, characters, index);
    index = low.next;
    let high = low.text;
    if (characters[index] === "-") {
      const end = classMember(pattern, characters, index + 1);
      high = end.text;
      index = end.next;
    }
    ranges.push([low.text, high]);
  }
  tokens.push({ kind: "class", negated, ranges });
  return index + 1;
}

function classMember(
  pattern: string,
  characters: readonly string[],
  index: number,
): { text: string; next: number } {
  const character = characters[index];
  if (character === undefined) throw new PatternError(pattern, "has a [ without its ]");
  if (character === "-" || character === "]") {
    throw new PatternError(pattern, `has a ${character} in [...] where a character is expected`);
  }
  if (character !== "\\") return { text: character, next: index + 1 };
  const escaped = characters[index + 1];
  if (escaped === undefined) throw new PatternError(pattern, "has a [ without its ]");
  return { text: escaped, next: index + 2 };
}

/** True when text holds an unescaped `*`, `?` or `[`. */
export function hasWildcard(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const character = text[index];
    if (character === "\\") index++;
    else if (character === "*" || character === "?" || character === "[") return true;
  }
  return false;
}

/** The text that a pattern without wildcards stands for: its backslash escapes taken away. */
export function unescapeGlob(text: string): string {
  return text.replace(/\\(.)/gsu, "$1");
}

/** Source of a regular expression (with the `u` flag) that matches exactly this text, outside of a class. */
function literalExpression(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

/** One member of a class: a dash is special there too, and only there the `u` flag allows its escape. */
function memberExpression(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
}

/** Source of a regular expression (with the `u` flag) for one piece of a pattern; no wildcard crosses a slash. */
export function tokenExpression(token: GlobToken): string {
  switch (token.kind) {
    case "literal":
      return literalExpression(token.text);
    case "star":
      return "[^/]*";
    case "any":
      return "[^/]";
    case "class":
      return classExpression(token);
  }
}

function classExpression(token: Extract<GlobToken, { kind: "class" }>): string {
  // Go takes a range that runs backwards and lets it match nothing; a regular expression refuses it.
  const ranges = token.ranges.filter(([low, high]) => low.codePointAt(0)! <= high.codePointAt(0)!);
  if (ranges.length === 0) return token.negated ? "[^/]" : "(?!)";
  const members = ranges.map(([low, high]) => {
    return low === high ? memberExpression(low) : `${memberExpression(low)}-${memberExpression(high)}`;
  });
  return `(?!/)[${token.negated ? "^" : ""}${members.join("")}]`;
}

/**
 * Reads a pattern over the names of a catalog: `*` is any text and `?` any character inside of one part of a name, `**`
 * is any number of parts. `api/*` is every image right below `api`, and `**` every image there is.
 */
export function namePattern(pattern: string): (name: string) => boolean {
  const source = pattern.replace(/\*\*\/|\*\*|\*|\?|[\\^$.+()[\]{}|/]/g, (found) => {
    if (found === "**/") return "(?:.*/)?";
    if (found === "**") return ".*";
    if (found === "*") return "[^/]*";
    return found === "?" ? "[^/]" : `\\${found}`;
  });
  const expression = new RegExp(`^${source}$`);
  return (name) => expression.test(name);
}

/** A pattern that Go's `filepath.Match` would refuse; `reason` reads on after "the pattern ...". */
export class PatternError extends Error {
  readonly pattern: string;
  readonly reason: string;
  /** Line in the file that the pattern came from, from 1. */
  readonly line: number | undefined;

  constructor(pattern: string, reason: string, line?: number) {
    super(`the pattern ${JSON.stringify(pattern)} ${reason}`);
    this.name = "PatternError";
    this.pattern = pattern;
    this.reason = reason;
    this.line = line;
  }
}
