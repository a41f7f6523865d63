// Debian bookworm with what the official images add to it, from the archive that this machine's own package sources name.
//
//   node scripts/official-debian.mjs TAR    makes it there unless it is there
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const EMPTY_ARCHIVES =
  '{ "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };';

/**
 * The settings of the official Debian images: archives are removed after each installation, lists stay compressed, no
 * translations are fetched, no package's script starts a service.
 */
const SETTINGS = {
  "etc/apt/apt.conf.d/docker-clean": [
    `DPkg::Post-Invoke ${EMPTY_ARCHIVES}`,
    `APT::Update::Post-Invoke ${EMPTY_ARCHIVES}`,
    'Dir::Cache::pkgcache "";',
    'Dir::Cache::srcpkgcache "";',
  ],
  "etc/apt/apt.conf.d/docker-gzip-indexes": ['Acquire::GzipIndexes "true";'],
  "etc/apt/apt.conf.d/docker-no-languages": ['Acquire::Languages "none";'],
  "etc/apt/apt.conf.d/docker-autoremove-suggests": ['Apt::AutoRemove::SuggestsImportant "false";'],
  "etc/dpkg/dpkg.cfg.d/docker-apt-speedup": ["force-unsafe-io"],
  "usr/sbin/policy-rc.d": ["#!/bin/sh", "exit 101"],
};

/** The first Debian archive among the machine's package sources. */
export function machineMirror() {
  const format = ["--format", "$(REPO_URI) $(COMPONENT)", "Created-By: Packages", "Origin: Debian"];
  const lines = execFileSync("apt-get", ["indextargets", ...format], { encoding: "utf8" }).split("\n");
  const found = lines.find((line) => line.endsWith(" main") && !line.includes("security"));
  if (found === undefined)
    throw new Error("no Debian archive among this machine's package sources: pass one with --mirror");
  return found.split(" ")[0].replace(/\/$/, "");
}

/** Makes the tar of the root file system unless it is there, and gives its path. */
export function officialDebian(tar, { suite = "bookworm", mirror = machineMirror() } = {}) {
  if (existsSync(tar)) return tar;
  mkdirSync(dirname(tar), { recursive: true });
  const work = mkdtempSync(join(tmpdir(), "layerwright-debian-"));
  try {
    const partial = `${tar}.${process.pid}.partial.tar`;
    execFileSync(
      "mmdebstrap",
      ["--quiet", "--variant=minbase", suite, partial, `deb ${mirror} ${suite} main`],
      {
        stdio: ["ignore", "ignore", "inherit"],
      },
    );
    for (const [path, lines] of Object.entries(SETTINGS)) {
      const file = join(work, path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `${lines.join("\n")}\n`);
      chmodSync(file, path.startsWith("usr/sbin/") ? 0o755 : 0o644);
    }
    // Not by a hook: with these settings apt would not remove its own caches at the end, nor mmdebstrap keep the policy.
    const files = Object.keys(SETTINGS).map((path) => `./${path}`);
    execFileSync("tar", [
      "--append",
      "--owner=0:0",
      "--group=0:0",
      "--numeric-owner",
      "-f",
      partial,
      "-C",
      work,
      ...files,
    ]);
    renameSync(partial, tar);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return tar;
}

const [, script, path] = process.argv;
if (script === fileURLToPath(import.meta.url)) console.log(officialDebian(path));
