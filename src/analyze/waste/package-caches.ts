import type { ManagerName } from "../../recipes/leftovers.js";
import { leftoverPatterns } from "./leftover-patterns.js";
import type { PathKind } from "./path-kind.js";

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
