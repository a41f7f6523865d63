import { describe, expect, it } from "vitest";
import { leftoverPatterns } from "../../src/analyze/waste/path-kinds.js";
import { wasteOf } from "../../src/analyze/waste/waste-of.js";
import type { RuntimeConfig } from "../../src/oci/image-config.js";
import { observedImage } from "./observed-images.js";

async function kindOf(path: string, runtime: RuntimeConfig = {}): Promise<string | undefined> {
  const { rows } = await wasteOf(observedImage([[`${path}=9`]], { runtime }));
  return rows.map(({ kind, what }) => `${kind}: ${what}`)[0];
}

describe("kinds that are told by a name", () => {
  it.each([
    ["var/lib/apt/lists/deb.debian.org_dists_bookworm_InRelease", "apt"],
    ["var/cache/apt/archives/nginx_1.22_amd64.deb", "apt"],
    ["var/cache/apt/pkgcache.bin", "apt"],
    ["var/cache/apk/APKINDEX.1.tar.gz", "apk"],
    ["var/cache/dnf/fedora.solv", "dnf"],
    ["var/cache/libdnf5/fedora/solv", "dnf"],
    ["var/cache/yum/x86_64/primary.xml", "dnf"],
    ["var/cache/zypp/raw/repo.xml", "zypper"],
    ["root/.cache/pip/http/a/b", "pip"],
    ["home/app/.cache/pip/wheels/a.whl", "pip"],
    ["root/.cache/uv/wheels/a", "uv"],
    ["root/.npm/_cacache/index-v5/a", "npm"],
    ["tmp/node-compile-cache/v22/a", "npm"],
    ["root/.local/share/pnpm/store/v3/files/a", "pnpm"],
    ["usr/local/share/.cache/yarn/v6/a", "yarn"],
    ["usr/local/bundle/cache/rack-3.0.gem", "gem"],
    ["root/.cache/composer/files/a.zip", "composer"],
    ["root/.cache/go-build/00/a", "go"],
    ["go/pkg/mod/github.com/a/b/go.mod", "go"],
    ["usr/local/cargo/registry/index/a", "cargo"],
    ["root/.cargo/git/db/a", "cargo"],
  ])("%s is a cache of %s", async (path, manager) => {
    expect(await kindOf(path)).toBe(`package-cache: downloads and caches of ${manager}`);
  });

  it.each([
    ["var/cache/debconf/templates.dat-old", "package-cache: left by an installation"],
    ["srv/app/.git/objects/pack/a.pack", "version-control: .git"],
    ["srv/module/.git", "version-control: .git"],
    ["srv/.svn/wc.db", "version-control: .svn"],
    ["srv/core.4711", "crash-dump: dumps of crashed programs"],
    ["var/crash/_usr_bin_x.crash", "crash-dump: dumps of crashed programs"],
    ["tmp/a", "temporary: left in /tmp"],
    ["var/tmp/a/b", "temporary: left in /var/tmp"],
    ["var/log/dpkg.log", "log: written while the image was made"],
    ["srv/npm-debug.log", "log: written while the image was made"],
    ["srv/main.js.map", "source-map: source maps"],
    ["srv/node_modules/a/dist/a.mjs.map", "source-map: source maps"],
    ["srv/a.css.map", "source-map: source maps"],
    ["srv/node_modules/a/test/a.js", "node-modules: tests, examples and documents of packages"],
    ["srv/node_modules/@s/a/docs/a.html", "node-modules: tests, examples and documents of packages"],
    ["srv/node_modules/a/lib/a.spec.js", "node-modules: tests, examples and documents of packages"],
    ["srv/node_modules/a/README.md", "node-modules: tests, examples and documents of packages"],
    ["srv/node_modules/a/index.d.ts", "node-modules: type declarations of packages"],
    [
      "srv/node_modules/.pnpm/a@1/node_modules/a/test/x",
      "node-modules: tests, examples and documents of packages",
    ],
    ["usr/share/man/man1/ls.1.gz", "documentation: manual pages and documents"],
    ["usr/local/share/doc/a/README", "documentation: manual pages and documents"],
    ["usr/share/locale/de/LC_MESSAGES/a.mo", "locale: languages that no variable of the image asks for"],
    ["usr/lib/locale/locale-archive", "locale: languages that no variable of the image asks for"],
    [
      "srv/__pycache__/a.cpython-311.pyc",
      "bytecode: compiled Python modules, which only make a start faster",
    ],
    ["etc/nginx/nginx.conf~", "backup: copies that editors and tools left"],
    ["etc/passwd-", "backup: copies that editors and tools left"],
    ["srv/.index.html.swp", "backup: copies that editors and tools left"],
    ["srv/.DS_Store", "backup: copies that editors and tools left"],
  ])("%s is %s", async (path, what) => {
    expect(await kindOf(path)).toBe(what);
  });

  it.each([
    "srv/.gitignore",
    "srv/git/a",
    "srv/lists/var/lib/apt/lists/a",
    "usr/lib/python3/core",
    "srv/core.js",
    "srv/tmp/a",
    "srv/treasure.map",
    "srv/node_modules/test/index.js",
    "srv/node_modules/a/dist/doc/a.js",
    "srv/node_modules/a/history.js",
    "srv/node_modules/a/LICENSE",
    "srv/test/a.js",
    "srv/types.d.ts",
    "usr/share/doc/a/copyright",
    "usr/share/licenses/a/COPYING",
    "usr/lib/locale/C.utf8/LC_CTYPE",
    "usr/share/locale/locale.alias",
    "etc/passwd",
    "srv/.yarn/cache/a.zip",
  ])("%s is no waste", async (path) => {
    expect(await kindOf(path)).toBeUndefined();
  });

  it("keep the languages that the image's variables ask for", async () => {
    const runtime = { Env: ["PATH=/bin", "LANG=de_DE.UTF-8", "LANGUAGE=fr:it"] };
    const found = await Promise.all(
      ["de", "de_AT", "fr", "it@euro", "ja"].map((language) =>
        kindOf(`usr/share/locale/${language}/LC_MESSAGES/a.mo`, runtime),
      ),
    );
    expect(found.map((it) => it !== undefined)).toEqual([false, false, false, false, true]);
    expect(await kindOf("usr/lib/locale/locale-archive", runtime)).toBeUndefined();
  });
});

describe("places of package managers", () => {
  it("are known for each manager of the recipes", () => {
    expect(new Set(leftoverPatterns().map(({ manager }) => manager)).size).toBe(15);
    for (const { exclude, expression } of leftoverPatterns()) {
      expect(exclude).toMatch(/^\*\*\/[^$"(]+$/);
      expect(expression.test("srv/app/main.js")).toBe(false);
    }
  });
});
