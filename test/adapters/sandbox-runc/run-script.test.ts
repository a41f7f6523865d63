import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { overlayOptions, runScript } from "../../../src/adapters/sandbox-runc/bundle.js";
import type { HostTools } from "../../../src/adapters/sandbox-runc/host-tools.js";

const tools: HostTools = {
  runtime: "/usr/bin/runc",
  runtimeName: "runc",
  unshare: "unshare",
  setpriv: "setpriv",
  mount: "/bin/mount",
  tar: "tar",
  shell: "sh",
  root: true,
};
const script = (more: Partial<Parameters<typeof runScript>[0]>) =>
  runScript({
    tools,
    folder: "/roots/l",
    mounts: [],
    memory: "/memory",
    network: false,
    joins: [],
    setupLog: "/log",
    runtime: ["run"],
    ...more,
  });

it("lays layers over each other, the last on top", () => {
  const text = script({ mounts: [{ layers: ["0", "1"], at: "/root", writable: { upper: "2", work: "3" } }] });
  expect(text).toContain("lowerdir=1:0,upperdir=2,workdir=3,");
});

it("binds one layer that is only read, which is no overlay", () => {
  const text = script({ mounts: [{ layers: ["0"], at: "/root" }] });
  expect(text).toContain("--bind -o ro,nodev '0' '/root'");
  expect(text).not.toContain("overlay");
});

it("S2: gives no mount on which a device does something", () => {
  const mounts = [
    { layers: ["0", "1"], at: "/root", writable: { upper: "2", work: "3" } },
    { layers: ["0", "1"], at: "/both" },
    { layers: ["0"], at: "/copied", writable: "itself" as const },
    { layers: ["0"], at: "/read" },
  ];
  const lines = script({ mounts })
    .split("\n")[0]!
    .split(" && ")
    .filter((line) => line.includes("/mount"));
  // The last is where the few devices that a command may use come from.
  expect(lines.pop()).toContain("tmpfs");
  expect(lines).toHaveLength(4);
  expect(lines.filter((line) => !/[ ,]nodev[ ,']/.test(line))).toEqual([]);
});

it("keeps redirects out of an overlay without naming them where that is forbidden", () => {
  expect(overlayOptions(true)).toContain("redirect_dir=off");
  expect(overlayOptions(false)).toEqual(["index=off", "metacopy=off", "xino=off", "userxattr"]);
});

it("hides from crun how this machine groups processes", () => {
  expect(script({})).not.toContain("cgroup");
  expect(script({ tools: { ...tools, runtimeName: "crun" } })).toContain("/sys/fs/cgroup");
});

it("is a shell script whatever is in a name, and ends with what the runtime ended with", () => {
  const text = script({
    // Nothing is mounted: every program but the runtime is one that does nothing.
    tools: { ...tools, mount: "true", tar: "true" },
    folder: "/tmp",
    setupLog: "/dev/null",
    runtime: ["/bin/sh", "-c", 'test "$0" = "$1"', 'it\'s "$HOME" `id`', 'it\'s "$HOME" `id`'],
  });
  expect(() => execFileSync("/bin/sh", ["-c", `exec 3</dev/null; ${text}`])).not.toThrow();
});
