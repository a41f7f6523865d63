import { describe, expect, it } from "vitest";
import { composer } from "../../src/recipes/composer.js";
import { gem } from "../../src/recipes/gem.js";
import { npm, pnpm, yarn } from "../../src/recipes/node.js";
import { pip, uv } from "../../src/recipes/python.js";
import { refusal } from "../image/refusal.js";
import { runOf } from "./run-of.js";

const quiet = "--no-audit --no-fund --no-update-notifier";

describe("pip", () => {
  it("keeps no cache and writes no bytecode of its own", () => {
    expect(runOf(pip.install("flask==3.0.3"))).toMatchObject({
      command: "pip install --no-cache-dir flask==3.0.3",
      env: { PYTHONDONTWRITEBYTECODE: "1", PIP_ROOT_USER_ACTION: "ignore" },
    });
    expect(runOf(pip.install("uvicorn[standard]", { bytecode: false })).command).toBe(
      "pip install --no-cache-dir --no-compile 'uvicorn[standard]'",
    );
  });

  it("reads a requirements file", () => {
    expect(runOf(pip.requirements("a b.txt")).command).toBe(
      "pip install --no-cache-dir --requirement='a b.txt'",
    );
    expect(refusal(() => pip.requirements("")).code).toBe("PATH_INVALID");
  });

  it("has its cache in a mount, or in the layer", () => {
    expect(runOf(pip.install("flask", { cache: "mount" }))).toMatchObject({
      command: "pip install flask",
      env: { PIP_CACHE_DIR: "/root/.cache/pip" },
      mounts: [{ type: "cache", target: "/root/.cache/pip" }],
    });
    expect(runOf(pip.install("flask", { cache: "keep" }))).toMatchObject({
      command: "pip install flask",
      keepLeftovers: true,
    });
  });
});

describe("uv", () => {
  it("keeps no cache", () => {
    expect(runOf(uv.install(["flask==3.0.3"], { bytecode: true })).command).toBe(
      "uv pip install --system --no-cache --compile-bytecode flask==3.0.3",
    );
    expect(runOf(uv.sync()).command).toBe("uv sync --frozen --no-dev --no-install-project --no-cache");
  });

  it("has its cache in a mount, from which it copies", () => {
    expect(runOf(uv.sync({ folder: "/srv", dev: true, project: true, cache: "mount" }))).toMatchObject({
      command: "cd /srv && uv sync --frozen",
      env: { UV_CACHE_DIR: "/root/.cache/uv", UV_LINK_MODE: "copy" },
      mounts: [{ type: "cache", target: "/root/.cache/uv" }],
    });
  });
});

describe("npm", () => {
  const clean = 'rm -rf "$(npm config get cache)" /tmp/node-compile-cache';

  it("removes its cache and logs", () => {
    expect(runOf(npm.ci({ folder: "/srv" }))).toMatchObject({
      command: `cd /srv && npm ci --omit=dev ${quiet} && ${clean}`,
    });
    expect(runOf(npm.ci({ dev: true })).command).toBe(`npm ci ${quiet} && ${clean}`);
    const packages = ["@types/node@20", { typescript: "^5.4" }];
    expect(runOf(npm.install(packages, { global: true })).command).toBe(
      `npm install --global ${quiet} @types/node@20 'typescript@^5.4' && ${clean}`,
    );
  });

  it("has them in a mount", () => {
    expect(runOf(npm.ci({ cache: "mount" }))).toMatchObject({
      command: `npm ci --omit=dev ${quiet} --cache=/root/.npm && rm -rf /tmp/node-compile-cache`,
      mounts: [{ type: "cache", target: "/root/.npm" }],
    });
  });
});

describe("pnpm", () => {
  const whole = "--config.enable-global-virtual-store=false";
  const state = '"${XDG_STATE_HOME:-${HOME:-/root}/.local/state}/pnpm"';

  it("removes its store and cache", () => {
    expect(runOf(pnpm.ci({ folder: "/s v" }))).toMatchObject({
      command: `cd '/s v' && pnpm install --frozen-lockfile --prod ${whole} && rm -rf "$(pnpm store path)" "\${XDG_CACHE_HOME:-\${HOME:-/root}/.cache}/pnpm" /tmp/node-compile-cache ${state}`,
    });
    expect(runOf(pnpm.install("semver@7.6.3")).command).toMatch(/^pnpm add semver@7\.6\.3 --config/);
  });

  it("has them in mounts", () => {
    expect(runOf(pnpm.ci({ dev: true, cache: "mount" }))).toMatchObject({
      command: `pnpm install --frozen-lockfile ${whole} --store-dir=/root/.local/share/pnpm/store --config.cache-dir=/root/.cache/pnpm && rm -rf /tmp/node-compile-cache ${state}`,
      mounts: [{ target: "/root/.local/share/pnpm/store" }, { target: "/root/.cache/pnpm" }],
    });
  });
});

describe("yarn", () => {
  it("asks the image which Yarn it is, and clears its cache", () => {
    const { command } = runOf(yarn.ci({ folder: "-srv" }));
    expect(command).toMatch(
      /^cd \.\/-srv && case "\$\(yarn --version\)" in 1\.\*\) yarn install --frozen-lockfile --non-interactive --production ;; /,
    );
    expect(command).toMatch(/!= pnp \]; then yarn cache clean --all >\/dev\/null; fi && rm -rf /);
    expect(runOf(yarn.install("semver@7.6.3")).command).toMatch(/^yarn add semver@7\.6\.3 && if /);
  });

  it("has it in a mount, with packages in node_modules", () => {
    const { command, env, mounts } = runOf(yarn.ci({ dev: true, cache: "mount" }));
    expect(command).toContain("*) yarn install --immutable ;; esac && rm -rf /tmp/");
    expect(env).toMatchObject({ YARN_CACHE_FOLDER: "/root/.cache/yarn", YARN_NODE_LINKER: "node-modules" });
    expect(mounts).toEqual([{ type: "cache", target: "/root/.cache/yarn" }]);
  });
});

describe("gem.install", () => {
  it("leaves no documentation, packed gems, indexes and logs", () => {
    const { command } = runOf(gem.install(["rake:13.2.1", { sinatra: "4.0.0" }]));
    expect(command).toMatch(/^gem install --no-document rake:13\.2\.1 sinatra:4\.0\.0 && rm -rf /);
    for (const part of ['"$(gem env gemdir)"/cache/*.gem', "/.gem/specs", "gem_make.out", "mkmf.log"])
      expect(command).toContain(part);
  });

  it("keeps what it is told to keep", () => {
    expect(runOf(gem.install("rake", { cache: "keep", keepDocs: true, keepLogs: true }))).toMatchObject({
      command: "gem install --document rake",
      keepLeftovers: true,
    });
  });

  it("has its indexes in a mount", () => {
    const { command, env, mounts } = runOf(gem.install("rake", { cache: "mount" }));
    expect(command).toContain('"$(gem env gemdir)"/cache/*.gem');
    expect(env).toEqual({ GEM_SPEC_CACHE: "/root/.cache/gem/specs" });
    expect(mounts).toEqual([{ type: "cache", target: "/root/.cache/gem/specs" }]);
  });
});

describe("composer", () => {
  it("keeps no cache", () => {
    expect(runOf(composer.install({ folder: "/srv" }))).toMatchObject({
      command:
        "cd /srv && composer install --no-dev --optimize-autoloader --no-interaction --no-progress --prefer-dist --no-cache",
      env: { COMPOSER_ALLOW_SUPERUSER: "1" },
    });
    expect(runOf(composer.require([{ "monolog/monolog": "^3.7" }, "psr/log:3.*"])).command).toBe(
      "composer require --no-interaction --no-progress --prefer-dist --no-cache 'monolog/monolog:^3.7' 'psr/log:3.*'",
    );
  });

  it("has it in a mount", () => {
    expect(runOf(composer.install({ dev: true, cache: "mount" }))).toMatchObject({
      command: "composer install --no-interaction --no-progress --prefer-dist",
      env: { COMPOSER_CACHE_DIR: "/root/.cache/composer" },
      mounts: [{ type: "cache", target: "/root/.cache/composer" }],
    });
  });
});

it.each([
  ["OPTION_UNKNOWN", () => npm.ci({ production: true } as never)],
  ["ARGUMENT_INVALID", () => pnpm.ci({ dev: "yes" } as never)],
  ["PATH_INVALID", () => yarn.ci({ folder: "" })],
  ["PATH_INVALID", () => composer.install({ folder: 5 } as never)],
  ["ARGUMENT_INVALID", () => uv.sync({ project: 1 } as never)],
])("a project is refused with %s (%#)", (code, act) => expect(refusal(act).code).toBe(code));
