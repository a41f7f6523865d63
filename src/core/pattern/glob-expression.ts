import type { GlobToken } from "./glob-syntax.js";

/** Source of a regular expression (with the `u` flag) that matches exactly this text, outside of a class. */
function literalExpression(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}

/** One member of a class: there a dash is special too, which the `u` flag lets nobody escape elsewhere. */
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
