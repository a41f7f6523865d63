import { describe, expect, it } from "vitest";
import { apk } from "../../src/recipes/apk.js";
import { apt } from "../../src/recipes/apt.js";
import { dnf, microdnf, yum, zypper } from "../../src/recipes/rpm.js";
import { runOf } from "./run-of.js";

describe("apt.install", () => {
  it("installs and cleans up in one run", () => {
    const { command, env, mounts } = runOf(
      apt.install("nginx", { curl: "7.88.1-10" }, "nginx", "libc6:amd64"),
    );
    expect(command).toMatch(/^apt-get update && apt-get install -y --no-install-recommends -o /);
    expect(command).toContain(
      " -o Dpkg::Options::='--path-exclude=/usr/share/man/*' -o Dpkg::Options::='--path-include=/usr/share/doc/*/copyright' nginx curl=7.88.1-10 libc6:amd64 && rm -rf /var/lib/apt/lists/* /var/cache/apt/archives/* ",
    );
    expect(command).toMatch(/ \/var\/log\/apt \/var\/log\/alternatives\.log \/var\/log\/dpkg\.log$/);
    expect(env).toEqual({ DEBIAN_FRONTEND: "noninteractive" });
    expect(mounts).toBeUndefined();
  });

  it("quotes what a shell would expand", () => {
    expect(runOf(apt.install({ nginx: "1.22*" })).command).toContain(" 'nginx=1.22*' ");
  });

  it("leaves a cache mount alone, and downloads to where no image empties it", () => {
    const { command, mounts, keepLeftovers } = runOf(apt.install(["nginx"], { cache: "mount" }));
    expect(mounts).toEqual([
      { type: "cache", target: "/var/cache/apt", sharing: "locked" },
      { type: "cache", target: "/var/lib/apt/lists", sharing: "locked" },
    ]);
    expect(command).toContain(
      " -o Dir::Cache::archives=/var/cache/apt/kept nginx && rm -rf /var/cache/debconf/",
    );
    expect(command).not.toMatch(/rm .*(lists|archives)/);
    expect(command).toContain(" /var/log/dpkg.log");
    expect(keepLeftovers).toBeUndefined();
  });

  it("keeps what it is told to keep", () => {
    const kept = runOf(apt.install(["nginx"], { cache: "keep", keepLogs: true, keepDocs: true }));
    expect(kept.command).toBe(
      "apt-get update && apt-get install -y --no-install-recommends nginx && rm -rf /var/cache/debconf/*-old /var/cache/ldconfig/aux-cache /var/lib/dpkg/*-old",
    );
    expect(kept.keepLeftovers).toBe(true);
    const logs = runOf(apt.install(["nginx"], { keepLogs: true }));
    expect(logs).toMatchObject({ keepLeftovers: true });
    expect(logs.command).toMatch(/rm -rf \/var\/lib\/apt\/lists/);
    expect(logs.command).not.toContain("/var/log");
  });
});

describe("apk.install", () => {
  it("has no cache", () => {
    expect(runOf(apk.install("tini", "curl=8.9.0-r0", "htop@edge")).command).toBe(
      "apk add --no-cache tini curl=8.9.0-r0 htop@edge && rm -rf /var/cache/apk/* /var/log/apk.log",
    );
  });

  it("has one in a mount, or in the layer", () => {
    expect(runOf(apk.install(["tini"], { cache: "mount" }))).toMatchObject({
      command: "apk add --update-cache --cache-dir /var/cache/apk tini && rm -rf /var/log/apk.log",
      mounts: [{ type: "cache", target: "/var/cache/apk", sharing: "locked" }],
    });
    expect(runOf(apk.install(["tini"], { cache: "keep", keepLogs: true }))).toMatchObject({
      command: "apk add --update-cache --cache-dir /var/cache/apk tini",
      keepLeftovers: true,
    });
  });
});

describe.each([
  ["dnf", dnf, "--setopt=install_weak_deps=False --setopt=tsflags=nodocs", ["dnf", "libdnf5"]],
  ["microdnf", microdnf, "--setopt=install_weak_deps=0 --nodocs", ["yum", "dnf"]],
  ["yum", yum, "--setopt=install_weak_deps=False --setopt=tsflags=nodocs", ["yum", "dnf"]],
] as const)("%s.install", (name, manager, flags, caches) => {
  it("leaves out weak dependencies and documentation, and cleans up", () => {
    const { command } = runOf(manager.install("jq", { nginx: "1.22.1-4.el9" }));
    expect(
      command.startsWith(
        `${name} install -y ${flags} jq nginx-1.22.1-4.el9 && ${name} clean all && rm -rf /`,
      ),
    ).toBe(true);
    expect(command).toContain(" /var/cache/dnf");
    expect(command).toContain(" /var/log/dnf*");
  });

  it("leaves a cache mount alone", () => {
    const { command, mounts } = runOf(manager.install(["jq"], { cache: "mount" }));
    expect(mounts).toEqual(
      caches.map((folder) => ({ type: "cache", target: `/var/cache/${folder}`, sharing: "locked" })),
    );
    expect(command).toContain(" --setopt=keepcache=1 jq && rm -rf ");
    for (const folder of caches) expect(command).not.toContain(`/var/cache/${folder}`);
    expect(command).not.toContain("clean all");
  });

  it("keeps what it is told to keep", () => {
    const { command, keepLeftovers } = runOf(
      manager.install(["jq"], { cache: "keep", keepDocs: true, keepLogs: true }),
    );
    expect(command).toMatch(
      /--setopt=tsflags= --setopt=keepcache=1 jq && rm -rf \/var\/cache\/ldconfig\/aux-cache$/,
    );
    expect(keepLeftovers).toBe(true);
  });
});

describe("zypper.install", () => {
  it("leaves out what is recommended, and cleans up", () => {
    expect(runOf(zypper.install("nginx", "jq=1.6")).command).toBe(
      "zypper --non-interactive install --no-recommends nginx jq=1.6 && zypper --non-interactive clean --all && rm -rf /var/cache/zypp/* /var/cache/ldconfig/aux-cache /var/log/zypper.log /var/log/zypp",
    );
  });

  it("leaves a cache mount alone, and keeps logs", () => {
    expect(runOf(zypper.install(["jq"], { cache: "mount", keepLogs: true }))).toMatchObject({
      command: "zypper --non-interactive install --no-recommends jq && rm -rf /var/cache/ldconfig/aux-cache",
      mounts: [{ type: "cache", target: "/var/cache/zypp", sharing: "locked" }],
      keepLeftovers: true,
    });
  });
});
