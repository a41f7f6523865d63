import { type Call, refuse } from "../image/call.js";

const PACKAGE = /^[A-Za-z0-9][A-Za-z0-9+._:~^-]*(?:=[A-Za-z0-9.+:~-]+)?$/;

/** Reads the packages that a tool of the host installs. Nothing of them reaches a shell, but a comma would split one. */
export function hostPackages(call: Call, manager: string, packages: unknown): readonly string[] {
  const list = Array.isArray(packages) ? (packages as unknown[]) : [packages];
  for (const got of list) {
    if (typeof got === "string" && PACKAGE.test(got)) continue;
    const allowed = "letters, digits and + - . _ : ~, with =VERSION where the tool knows it";
    refuse(call, "PACKAGE_INVALID", { call: call.name, manager, what: "name", got, allowed });
  }
  return list as readonly string[];
}

/** Reads text that must fit a pattern. */
export function hostText(call: Call, option: string, got: unknown, pattern: RegExp, allowed: string): string {
  if (typeof got === "string" && pattern.test(got)) return got;
  return refuse(call, "ARGUMENT_INVALID", { call: call.name, argument: `option ${option}`, got, allowed });
}
