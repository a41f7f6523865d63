import { leftovers, type ManagerName } from "../../recipes/leftovers.js";
import type { PathKind } from "./path-kinds.js";

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

/** The recipe that leaves nothing behind, by manager. */
const RECIPES: Readonly<Record<ManagerName, string>> = {
  apt: "apt.install(...)",
  apk: "apk.install(...)",
  dnf: "dnf.install(...)",
  microdnf: "microdnf.install(...)",
  yum: "yum.install(...)",
  zypper: "zypper.install(...)",
  pip: "pip.install(...)",
  uv: "uv.sync()",
  npm: "npm.ci()",
  pnpm: "pnpm.ci()",
  yarn: "yarn.ci()",
  gem: "gem.install(...)",
  composer: "composer.install()",
  go: "go.build(...)",
  cargo: "cargo.build(...)",
};

const patterns = leftoverPatterns();
/** One look at most paths, instead of one a place. */
const anyPattern = new RegExp(patterns.map(({ expression }) => expression.source).join("|"));

/** What package managers download and keep, and what the tools that they start leave. */
export const packageCaches: PathKind = {
  kind: "package-cache",
  recognize(path) {
    if (!anyPattern.test(path)) return undefined;
    const found = patterns.find(({ expression }) => expression.test(path));
    if (found === undefined) return undefined;
    const { manager, part, exclude } = found;
    if (part === "rest") {
      const advice = "install with a recipe such as apt.install(...), which removes them in the same layer";
      return { what: "left by an installation", exclude, advice };
    }
    const advice = `${RECIPES[manager]} leaves none in the layer; in a run of your own, mounts: [{ type: "cache", ... }]`;
    return { what: `downloads and caches of ${manager}`, exclude, advice };
  },
};
