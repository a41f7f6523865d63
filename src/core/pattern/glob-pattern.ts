import { cleanPath } from "./clean-path.js";
import { tokenExpression } from "./glob-expression.js";
import { hasWildcard, parseGlob, unescapeGlob } from "./glob-syntax.js";

/** One component of a pattern: a plain name, a test of a name, or `**` for any number of folders. */
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
 * as COPY uses it, and `**` as a component of its own for any number of folders, none included.
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
