import { debianDocumentation } from "../../recipes/leftovers.js";
import type { PathKind } from "./path-kind.js";

const folders = debianDocumentation.exclude.map((pattern) => pattern.replace(/^.*\/([^/]+)\/\*$/, "$1"));
const PLACE = new RegExp(`^usr/(?:local/)?share/(${[...folders, "help"].join("|")})/`);
/** Most licenses ask for their text. */
const KEPT = /\/(?:copyright|licen[cs]e|copying|notice)[^/]*$/i;

/** Manual pages and what else of packages only people read. */
export const documentation: PathKind = {
  kind: "documentation",
  recognize(path) {
    const folder = PLACE.exec(path)?.[1];
    if (folder === undefined || KEPT.test(path)) return undefined;
    return {
      what: "manual pages and documents",
      exclude: `**/share/${folder}`,
      advice:
        "apt.install(...) and dnf.install(...) leave it out; else remove it in the command that installs",
    };
  },
};
