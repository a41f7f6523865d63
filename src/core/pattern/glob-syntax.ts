import { PatternError } from "./pattern-error.js";

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
