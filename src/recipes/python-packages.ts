import type { PackageGrammar } from "./package-list.js";

/** PEP 508 names with extras, PEP 440 versions. */
export function pythonGrammar(manager: string): PackageGrammar {
  return {
    manager,
    name: /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?(\[[A-Za-z0-9._-]+(,[A-Za-z0-9._-]+)*\])?$/,
    version: /^[0-9A-Za-z][0-9A-Za-z.+!_-]*(\.\*)?$/,
    join: "==",
    splits: true,
    allowedName: 'letters, digits, ".", "_" and "-", with extras in [brackets]',
    allowedVersion: 'a version such as "3.0.3" or "3.0.*"',
  };
}
