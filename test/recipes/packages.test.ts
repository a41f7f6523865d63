import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Recipe } from "../../src/image/image.js";
import { apk } from "../../src/recipes/apk.js";
import { apt } from "../../src/recipes/apt.js";
import { composer } from "../../src/recipes/composer.js";
import { gem } from "../../src/recipes/gem.js";
import { npm, pnpm, yarn } from "../../src/recipes/node.js";
import { pip, uv } from "../../src/recipes/python.js";
import { dnf, microdnf, yum, zypper } from "../../src/recipes/rpm.js";
import { refusal } from "../image/refusal.js";
import { runOf } from "./run-of.js";

type Spec = string | Record<string, string>;

const installs: readonly (readonly [string, (spec: Spec) => Recipe, string])[] = [
  ["apt", (spec) => apt.install(spec), "ab"],
  ["apk", (spec) => apk.install(spec), "ab"],
  ["dnf", (spec) => dnf.install(spec), "ab"],
  ["microdnf", (spec) => microdnf.install(spec), "ab"],
  ["yum", (spec) => yum.install(spec), "ab"],
  ["zypper", (spec) => zypper.install(spec), "ab"],
  ["pip", (spec) => pip.install(spec), "ab"],
  ["uv", (spec) => uv.install(spec), "ab"],
  ["npm", (spec) => npm.install(spec), "ab"],
  ["pnpm", (spec) => pnpm.install(spec), "ab"],
  ["yarn", (spec) => yarn.install(spec), "ab"],
  ["gem", (spec) => gem.install(spec), "ab"],
  ["composer", (spec) => composer.require(spec), "ab/cd"],
];

const tricks = [
  ...["", " ", "a b", "a;b", "$(x)", "`x`", "a\nb", "-o=x", "--help", "a'b", 'a"b'],
  ...["a&b", "a|b", "a>b", "a\\", "a\0", "ä"],
];

describe("package recipes", () => {
  it.each(installs)("%s lets nothing else reach the shell", (_manager, install, name) => {
    for (const trick of tricks) {
      expect(refusal(() => install(trick)).code).toBe("PACKAGE_INVALID");
      expect(refusal(() => install({ [name]: trick })).code).toBe("PACKAGE_INVALID");
    }
    expect(refusal(() => install(5 as never)).code).toBe("PACKAGE_INVALID");
    expect(refusal(() => install({ [name]: true as never })).code).toBe("PACKAGE_INVALID");
  });

  it.each(installs)("%s refuses nothing to install", (_manager, install) => {
    expect(refusal(() => install({})).code).toBe("PACKAGES_MISSING");
  });

  it("refuse nothing at all", () => {
    for (const act of [() => apt.install(), () => dnf.install([]), () => pip.install([])]) {
      expect(refusal(act).code).toBe("PACKAGES_MISSING");
    }
    expect(refusal(() => composer.require([])).message).toContain(
      "composer.require: at least one package must be named",
    );
  });

  it("reach the shell as the words they are", () => {
    const letters = "aB1+.~:-*[]@/=^!$`'\" ;".split("");
    const word = fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 12 });
    const commands = new Map<string, string>();
    fc.assert(
      fc.property(fc.constantFrom(...installs), word, word, ([, install, name], one, two) => {
        for (const version of [one, two]) {
          try {
            commands.set(runOf(install({ [name]: version })).command, version);
          } catch {
            // Refused, which is the other half of the promise.
          }
        }
      }),
    );
    for (const [command, version] of commands) {
      // Only where the package is named: a short version is also a part of other words of the command.
      const words = command.split(" && ").flatMap((part) => {
        if (!part.includes(version) || !part.includes("ab")) return [];
        const script = `set -- ${part}; for each in "$@"; do printf '%s\\n' "$each"; done`;
        return execFileSync("/bin/sh", ["-c", script], { encoding: "utf8" }).split("\n");
      });
      expect(
        words.filter((one) => one.endsWith(version)),
        `${version} in ${command}`,
      ).not.toEqual([]);
    }
  });

  it.each([
    ["OPTION_UNKNOWN", () => apt.install(["a1"], { keepDoc: true } as never)],
    ["OPTION_UNKNOWN", () => apk.install(["a1"], { keepDocs: true } as never)],
    ["OPTION_UNKNOWN", () => zypper.install(["a1"], { keepDocs: true } as never)],
    ["OPTION_UNKNOWN", () => yarn.install("a1", { global: true } as never)],
    ["OPTION_UNKNOWN", () => uv.install("a1", { folder: "/a" } as never)],
    ["ARGUMENT_INVALID", () => dnf.install(["a1"], { cache: true } as never)],
    ["ARGUMENT_INVALID", () => gem.install("a1", { keepDocs: 1 } as never)],
    ["ARGUMENT_INVALID", () => composer.require("a/b", { cache: "none" } as never)],
    ["ARGUMENT_INVALID", () => pip.install("a1", "mount" as never)],
  ])("refuse with %s (%#)", (code, act) => expect(refusal(act).code).toBe(code));
});
