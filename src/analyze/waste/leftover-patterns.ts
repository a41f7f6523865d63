import { leftovers, type ManagerName } from "../../recipes/leftovers.js";

/** A place where a package manager leaves something, as an expression over paths without a leading slash. */
export interface LeftoverPattern {
  readonly manager: ManagerName;
  /** `cache`: downloads, lists, indexes; `rest`: backups and caches of tools that an installation starts. */
  readonly part: "cache" | "rest";
  readonly expression: RegExp;
  /** The place as a pattern of a copy's `exclude`. */
  readonly exclude: string;
}

const CARGO_HOME = "$" + "{CARGO_HOME:-$" + "{HOME:-/root}/.cargo}";

/** What recipes and passes know of package managers' places, for any home folder: analyses see only the finished image. */
export function leftoverPatterns(): readonly LeftoverPattern[] {
  return Object.entries(leftovers).flatMap(([name, places]) => {
    const manager = name as ManagerName;
    const cache: readonly string[] = [
      ...places.cache,
      ...("beside" in places ? places.beside : []),
      ...places.mounts,
    ];
    const rest: readonly string[] = "rest" in places ? places.rest : [];
    return [
      ...cache.flatMap((word) => patternOf(word, manager, "cache")),
      ...rest.flatMap((word) => patternOf(word, manager, "rest")),
    ];
  });
}

function patternOf(word: string, manager: ManagerName, part: "cache" | "rest"): LeftoverPattern[] {
  const place = word
    .replaceAll('"', "")
    .replace(CARGO_HOME, "**/?cargo")
    .replace(/^\$\{[A-Z_]+:-\$\{HOME:-\/root\}\/([^}]*)\}/, "**/$1")
    .replace(/^(\$\{HOME:-\/root\}|\/root)\//, "**/")
    .replace(/^\$\(gem env gemdir\)\//, "**/")
    .replace(/^\/go\//, "**/go/");
  // What only the manager could say has its usual place among the mounts.
  if (place.includes("$")) return [];
  const anywhere = place.startsWith("**/");
  const body = place
    .slice(anywhere ? 3 : 1)
    .split("/")
    .map((name) =>
      name
        .replace(/[.+^$(){}|[\]\\]/g, "\\$&")
        .replaceAll("?", "\\.?")
        .replaceAll("*", "[^/]*"),
    )
    .join("/");
  const expression = new RegExp(`${anywhere ? "(?:^|/)" : "^"}${body}(?:/|$)`);
  return [{ manager, part, expression, exclude: place.replace("?", "*").replace(/^\//, "**/") }];
}
