import { describe, expect, it } from "vitest";
import { Image, type Recipe } from "../../../src/image/image.js";
import type { Plan } from "../../../src/plan/plan.js";
import { apk } from "../../../src/recipes/apk.js";
import { apt } from "../../../src/recipes/apt.js";
import { cargo } from "../../../src/recipes/cargo.js";
import { composer } from "../../../src/recipes/composer.js";
import { gem } from "../../../src/recipes/gem.js";
import { go } from "../../../src/recipes/go.js";
import { npm, pnpm, yarn } from "../../../src/recipes/node.js";
import { pip, uv } from "../../../src/recipes/python.js";
import { dnf, microdnf, yum, zypper } from "../../../src/recipes/rpm.js";
import { planned } from "../planned.js";

const debian = Image.from("debian:bookworm-slim");

function commands(plan: Plan): unknown[] {
  return (plan.stages.at(-1)?.layers ?? []).flatMap((layer) =>
    layer.operations.map((operation) => (operation.op === "run" ? operation.command : operation.op)),
  );
}

describe("clean-in-layer", () => {
  const only = ["clean-in-layer"];

  it.each([
    ["apt-get update && apt-get install -y nginx", "/var/lib/apt/lists/*"],
    ["apt install -y nginx", "/var/cache/apt/archives/*"],
    ["apk add curl", "/var/cache/apk/*"],
    ["dnf install -y nginx", "/var/cache/dnf"],
    ["microdnf install nginx", "/var/cache/dnf"],
    ["yum -y install nginx", "/var/cache/yum"],
    ["pip install flask", ".cache/pip"],
    ["npm ci", "npm config get cache"],
    ["python3 -m pip install flask", ".cache/pip"],
    ["true && LANG=C apt-get -y install nginx", "/var/lib/apt/lists/*"],
    ["zypper -n in nginx", "zypper --non-interactive clean --all"],
    ["uv pip install --system flask", "uv cache dir"],
    ["pnpm install --frozen-lockfile", "pnpm store path"],
    ["yarn", "yarn cache clean"],
    ["yarn workspaces focus", "yarn cache clean"],
    ["composer install", "composer clear-cache"],
    ["cargo build --release", "/registry"],
    ["gem install rake", "cache/*.gem"],
    ["go build ./...", "go clean"],
  ])("cleans up after %s", (command, leftover) => {
    const { plan, records } = planned(debian.run(command), {}, only);
    expect(commands(plan)[0]).toContain(`${command} && `);
    expect(commands(plan)[0]).toContain(leftover);
    expect(records).toHaveLength(1);
  });

  it.each([
    "apt-get update && apt-get install -y nginx && rm -rf /var/lib/apt/lists/*",
    "apk add --no-cache curl",
    "pip install --no-cache-dir flask",
    "dnf -y install nginx && dnf clean all",
    "echo apt-get",
    "echo 'run apt-get install yourself'",
    "uv pip install --no-cache flask",
    "composer install --no-cache",
    "pnpm add --global typescript",
    "yarn run build",
  ])("leaves alone: %s", (command) => {
    expect(commands(planned(debian.run(command), {}, only).plan)).toEqual([command]);
  });

  it("moves a later clean-up into the layer that made the mess", () => {
    const image = debian
      .run("apt-get update && apt-get install -y nginx")
      .env("A", "1")
      .run("rm -rf /var/lib/apt/lists/*");
    const { plan } = planned(image, {}, only);
    expect(commands(plan)).toEqual([
      "apt-get update && apt-get install -y nginx && rm -rf /var/lib/apt/lists/*",
    ]);
  });

  it("does not move an rm that also removes other things", () => {
    const image = debian.run("apt-get install -y nginx").run("rm -rf /var/lib/apt/lists/* /src");
    expect(commands(planned(image, {}, only).plan)).toHaveLength(2);
  });

  it("keeps the meaning of a command with alternatives or a comment", () => {
    const { plan } = planned(debian.run("apk add curl || true # maybe"), {}, only);
    expect(commands(plan)).toEqual([
      "{ apk add curl || true # maybe\n} && rm -rf /var/cache/apk/* /var/log/apk.log",
    ]);
  });

  it.each([
    debian.run("set -eux; false; apt-get install -y nginx"),
    debian.shell(["/bin/bash", "-eo", "pipefail", "-c"]).run("false; apt-get install -y nginx"),
  ])("lets a shell still end at the first failure (%#)", (image) => {
    // In braces before an "&&" no failure but the last would count.
    expect(commands(planned(image, {}, only).plan)[0]).toMatch(
      /false; apt-get install -y nginx && rm -rf [^;\n]*$/,
    );
  });

  it("does not hide a failure that such a shell passes over", () => {
    const list = "set -e; apt-get install -y nginx && make";
    expect(commands(planned(debian.run(list), {}, only).plan)[0]).toContain(`${list} && rm -rf `);
    const loop = "set -e; for one in a b; do apt-get install -y $one && make; done";
    expect(commands(planned(debian.run(loop), {}, only).plan)[0]).toContain(
      `${loop}\ntest $? = 0 && rm -rf `,
    );
  });

  it("leaves a cache mount to itself", () => {
    const mount = (...targets: readonly string[]) => ({
      mounts: targets.map((target) => ({ type: "cache", target }) as const),
    });
    const install = "apt-get install -y nginx";
    const both = debian.run(install, mount("/var/cache/apt", "/var/lib/apt/lists"));
    expect(String(commands(planned(both, {}, only).plan))).not.toMatch(/lists|archives/);
    const archives = debian.run(install, mount("/var/cache/apt"));
    expect(String(commands(planned(archives, {}, only).plan))).toContain(
      `${install} && rm -rf /var/lib/apt/lists/* /var/cache/debconf`,
    );
    const pip = debian.run("pip install flask", mount("/root/.cache/pip"));
    expect(commands(planned(pip, {}, only).plan)).toEqual(["pip install flask"]);
  });

  it("leaves what is meant to stay", () => {
    const image = debian.run("apt-get update", { keepLeftovers: true }).run("rm -rf /var/lib/apt/lists/*");
    expect(commands(planned(image, {}, only).plan)).toEqual([
      "apt-get update",
      "rm -rf /var/lib/apt/lists/*",
    ]);
  });

  it("adds nothing to a recipe", () => {
    const recipes: readonly Recipe[] = [
      apt.install("nginx"),
      apt.install(["nginx"], { cache: "mount" }),
      apt.install(["nginx"], { cache: "keep", keepLogs: true }),
      ...(["remove", "mount", "keep"] as const).flatMap((cache) => [
        ...[apk.install, dnf.install, microdnf.install, yum.install, zypper.install].map((install) =>
          install(["a1"], { cache }),
        ),
        ...[pip.install, uv.install, npm.install, pnpm.install, yarn.install, gem.install].map((install) =>
          install("a1", { cache }),
        ),
        composer.install({ cache }),
        npm.ci({ cache }),
        pnpm.ci({ cache }),
        yarn.ci({ cache }),
        uv.sync({ cache }),
        go.build({ cache, output: "/out/a" }),
        cargo.build({ cache, output: "/out/a", bin: "a" }),
      ]),
    ];
    for (const recipe of recipes) {
      const { plan, records } = planned(debian.with(recipe), {}, only);
      expect(records).toEqual([]);
      expect(commands(plan)).toHaveLength(1);
    }
  });

  it("makes a step that only fetches part of the installation", () => {
    const image = debian.run("apt-get update").run("apt-get install -y nginx || true");
    const { plan, records } = planned(image, {}, only);
    expect(commands(plan)).toEqual([
      expect.stringMatching(/^\{ apt-get update && \{ apt-get install -y nginx \|\| true\n\}\n\} && rm -rf /),
    ]);
    expect(records).toHaveLength(2);
  });

  it.each([
    ["apart", debian.run("apt-get update").copy("a", "/a").run("apt-get install -y nginx")],
    ["with other variables", debian.run("apt-get update").env("A", "1").run("apt-get install -y nginx")],
    ["in an image on top", Image.from(debian.run("apt-get update")).run("apt-get install -y nginx")],
  ])("leaves a step that only fetches for a later one: %s", (_, image) => {
    const { plan, warnings } = planned(image, { a: "file" }, only);
    expect(warnings).toMatchObject([{ code: "LEFTOVERS" }]);
    const all = plan.stages.flatMap(({ layers }) => layers.flatMap((layer) => layer.operations));
    expect(all.find(({ op }) => op === "run")).toMatchObject({ command: "apt-get update" });
  });

  it("warns where an array leaves no room for it", () => {
    const { warnings } = planned(debian.run(["apt-get", "install", "-y", "nginx"]), {}, only);
    expect(warnings).toMatchObject([{ code: "LEFTOVERS" }]);
  });
});
