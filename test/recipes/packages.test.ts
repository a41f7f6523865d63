import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Image, type Recipe } from "../../src/image/image.js";
import { apk } from "../../src/recipes/apk.js";
import { apt } from "../../src/recipes/apt.js";
import { dnf } from "../../src/recipes/dnf.js";
import { npm } from "../../src/recipes/npm.js";
import { pip } from "../../src/recipes/pip.js";
import { refusal } from "../image/refusal.js";

/** The one run step that a recipe adds. */
function runOf(recipe: Recipe) {
  const { steps } = Image.from("debian").with(recipe).node;
  expect(steps).toHaveLength(1);
  const [step] = steps;
  if (step?.kind !== "run" || typeof step.command !== "string") throw new Error("not one run step");
  return { command: step.command, env: step.env, workdir: step.workdir };
}

describe("package recipes", () => {
  it("install and clean up in one run", () => {
    const { command, env } = runOf(apt.install("nginx", { curl: "7.88.1-10" }, "nginx", "libc6:amd64"));
    expect(command).toContain(
      "apt-get update && apt-get install -y --no-install-recommends nginx curl=7.88.1-10 libc6:amd64 && rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/*",
    );
    expect(env).toEqual({ DEBIAN_FRONTEND: "noninteractive" });
    expect(runOf(apk.install("tini", "curl=8.9.0-r0")).command).toMatch(
      /^apk add --no-cache tini curl=8\.9\.0-r0 && rm -rf /,
    );
    expect(runOf(dnf.install({ nginx: "1.22.1-4.el9" })).command).toMatch(
      / nginx-1\.22\.1-4\.el9 && dnf clean all && rm -rf /,
    );
    expect(runOf(pip.install("flask==3.0.3")).command).toBe("pip install --no-cache-dir flask==3.0.3");
    expect(runOf(pip.install("flask", { bytecode: false }))).toMatchObject({
      command: "pip install --no-cache-dir --no-compile flask",
      env: { PYTHONDONTWRITEBYTECODE: "1" },
    });
    expect(runOf(npm.ci({ folder: "/srv" }))).toMatchObject({
      command: expect.stringMatching(/^npm ci --omit=dev .* && rm -rf /),
      workdir: "/srv",
    });
    expect(runOf(npm.ci({ dev: true })).command).not.toContain("omit");
    expect(runOf(npm.install(["@types/node@20", { typescript: "^5.4" }], { global: true })).command).toMatch(
      /^npm install --global .* @types\/node@20 'typescript@\^5\.4' && /,
    );
  });

  it("quote what a shell would expand", () => {
    expect(runOf(apt.install({ nginx: "1.22*" })).command).toContain(" 'nginx=1.22*' ");
    expect(runOf(pip.install("uvicorn[standard]")).command).toContain(" 'uvicorn[standard]'");
  });

  const installs: readonly (readonly [string, (name: string) => Recipe, (version: string) => Recipe])[] = [
    ["apt", (name) => apt.install(name), (version) => apt.install({ ab: version })],
    ["apk", (name) => apk.install(name), (version) => apk.install({ ab: version })],
    ["dnf", (name) => dnf.install(name), (version) => dnf.install({ ab: version })],
    ["pip", (name) => pip.install(name), (version) => pip.install({ ab: version })],
    ["npm", (name) => npm.install(name), (version) => npm.install({ ab: version })],
  ];
  const tricks = [
    "",
    " ",
    "a b",
    "a;b",
    "$(x)",
    "`x`",
    "a\nb",
    "-o=x",
    "--help",
    "a'b",
    'a"b',
    "a&b",
    "a|b",
    "a>b",
    "a\\",
    "a\0",
    "ä",
  ];

  it.each(installs)("%s lets nothing else reach the shell", (_manager, byName, byVersion) => {
    for (const trick of tricks) {
      expect(refusal(() => byName(trick)).code).toBe("PACKAGE_INVALID");
      expect(refusal(() => byVersion(trick)).code).toBe("PACKAGE_INVALID");
    }
    expect(refusal(() => byName(5 as never)).code).toBe("PACKAGE_INVALID");
  });

  it("reach the shell as the words they are", () => {
    const word = fc.string({
      unit: fc.constantFrom(..."aB1+.~:-*[]@/=^!$`'\" ;".split("")),
      minLength: 1,
      maxLength: 12,
    });
    const commands = new Map<string, string>();
    fc.assert(
      fc.property(fc.constantFrom(...installs), word, word, ([, , byVersion], one, two) => {
        for (const version of [one, two]) {
          try {
            commands.set(runOf(byVersion(version)).command, version);
          } catch {
            // Refused, which is the other half of the promise.
          }
        }
      }),
    );
    for (const [command, version] of commands) {
      const install = command.split(" && ").find((part) => part.includes(version))!;
      const script = `set -- ${install}; for last in "$@"; do :; done; printf %s "$last"`;
      expect(execFileSync("/bin/sh", ["-c", script], { encoding: "utf8" }).endsWith(version)).toBe(true);
    }
  });

  it.each([
    () => apt.install(),
    () => apk.install(),
    () => dnf.install({}),
    () => pip.install([]),
    () => npm.install([]),
  ])("refuse nothing to install (%#)", (act) => expect(refusal(act).code).toBe("PACKAGES_MISSING"));
});
