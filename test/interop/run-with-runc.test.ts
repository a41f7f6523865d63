import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { imageListing } from "../peers/image-listing.js";
import { requirePeer, seenByPeer } from "../peers/peers.js";
import { runInPeer } from "../peers/run.js";
import { versionImage, written } from "./sample-image.js";
import { workFolder } from "./storage.js";

const { folder, remove } = workFolder();
afterAll(remove);

interface RuncConfig {
  process: Record<string, unknown>;
  linux: Record<string, unknown>;
  mounts: { destination: string }[];
}

/** What of a default runc config works without control groups, limits and a terminal. */
function modest(config: RuncConfig, args: unknown, uid: number): RuncConfig {
  const { rlimits: _, ...process } = config.process;
  const { resources: __, cgroupsPath: ___, ...linux } = config.linux;
  const namespaces = (linux["namespaces"] as { type: string }[]).filter(
    ({ type }) => type === "mount" || type === "pid" || type === "ipc" || type === "uts",
  );
  return {
    ...config,
    process: { ...process, args, terminal: false, user: { uid, gid: uid } },
    linux: { ...linux, namespaces },
    mounts: config.mounts.filter(({ destination }) => destination === "/proc" || destination === "/dev"),
  };
}

describe.each(["docker26", "docker28"] as const)("with runc of %s", (name) => {
  test("the image of one static binary runs and prints its version", async (test) => {
    const peer = requirePeer(test, name);
    const work = join(folder, name);
    mkdirSync(work);
    const layout = join(work, "layout");
    await written(versionImage(), { type: "layout", dest: layout }, join(folder, "store"));
    const seen = seenByPeer(peer, work);
    await runInPeer(peer, ["umoci", "unpack", "--image", `${seen}/layout:v1`, `${seen}/bundle`]);
    const { Cmd, User } = imageListing(layout).config["config"] as { Cmd: string[]; User: string };
    const path = join(work, "bundle/config.json");
    const config = modest(JSON.parse(readFileSync(path, "utf8")), Cmd, Number(User));
    writeFileSync(path, JSON.stringify(config));
    const root = ["--root", `${seen}/runc`];
    const said = await runInPeer(peer, [
      "runc",
      ...root,
      "run",
      "--bundle",
      `${seen}/bundle`,
      `layerwright-${name}`,
    ]);
    expect(said).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});
