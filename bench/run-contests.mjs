// The contests of run steps: what surrounds a command (mounts, the difference, packing) on a base that is there already.
import { join } from "node:path";
import { buildahRun, buildKitRun } from "./run-peers.mjs";
import { commands, prepareDebian } from "./run-workloads.mjs";

/** The names that `npm run bench -- NAME...` takes for them. */
export const runTitles = {
  "run-apt": "apt-get install of nginx, archives at hand",
  "run-files": "a command that writes 20,000 small files",
  "run-ten": "ten run steps, nothing changed",
};

/** One contest; `ourBuild` makes our side of it. */
export async function openRunContest(name, { work, home, peers, scratch, ourBuild }) {
  const folder = await prepareDebian(work, home);
  const again = name !== "run-ten";
  const request = { layout: join(folder, "layout"), commands: commands[name], again, scratch };
  const build = ourBuild(name, "commands", folder, "gzip:6", {
    // No slower than buildah, and at most one and a half times BuildKit; nothing changed: under a second.
    ...(again ? { floors: { buildah: 1, buildkit: 0.67 } } : { floors: {}, ceiling: 1 }),
    // The base is unpacked and what is not a command is packed before, as with the peers.
    warm: true,
    // Package managers write the time into their logs.
    varies: name === "run-apt",
  });
  const env = { ...build.env, LW_COMMANDS: JSON.stringify(commands[name]), LW_AGAIN: again ? "1" : "0" };
  return {
    ours: [{ ...build, env }],
    peers: {
      buildah: await buildahRun(peers, request),
      buildkit: await buildKitRun(peers, request),
    },
  };
}
