import type { PackageGrammar } from "./package-list.js";

/** Names as validate-npm-package-name takes them; versions, tags and the simple ranges `^1.2` and `~1.2`. */
export function nodeGrammar(manager: string): PackageGrammar {
  return {
    manager,
    name: /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~][a-z0-9._~-]*$/,
    version: /^[~^]?[0-9A-Za-z][0-9A-Za-z.+_-]*$/,
    join: "@",
    splits: true,
    allowedName: 'lower-case letters, digits, ".", "_", "~" and "-", perhaps after "@scope/"',
    allowedVersion: 'a version, tag or range such as "5.4.0", "latest" or "^5.4"',
  };
}
