// What is measured: for every input our builds, the peers that do the same, and the floors of the project's goals.
import { readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import * as least from "./bare-peers.mjs";
import * as peer from "./peers.mjs";
import { openRunContest, runTitles } from "./run-contests.mjs";
import * as workload from "./workloads.mjs";

/** The names that `npm run bench -- NAME...` takes, and the input that each is about. */
export const builds = {
  S: "binary",
  M: "modules",
  zstd: "modules",
  warm: "modules",
  one: "modules",
  L: "large",
  "L-zstd": "large",
  flatten: "layers",
  "flatten-9": "layers",
  ...Object.fromEntries(Object.keys(runTitles).map((name) => [name, name])),
};

const titles = {
  S: "one static binary, gzip:1",
  M: "node_modules, gzip:1",
  zstd: "node_modules, zstd",
  warm: "node_modules, nothing changed",
  one: "node_modules, one file changed",
  L: "1 GiB in one file, gzip:1",
  "L-zstd": "1 GiB in one file, zstd",
  flatten: "five layers to one, gzip:1",
  "flatten-9": "five layers to one, gzip:9",
  ...runTitles,
};

/** Peak memory of every build, in MB. */
export const MEMORY_CEILING = 220;

/**
 * The contests of one input: `ours` and `peers` run in turns, each a whole process. A build's own `peers` are compared
 * with that build only.
 */
export async function openContest(input, names, { work, home, peers }) {
  const scratch = join(work, "scratch");
  const ours = (name, script, context, compression, more = {}) =>
    ourBuild(name, script, { work, home, scratch, context, compression, ...more });
  const wanted = (all) => all.filter(({ name }) => names.includes(name));
  switch (input) {
    case "binary": {
      const folder = await workload.prepareBinary(work);
      return {
        ours: wanted([
          ours("S", "binary", folder, "gzip:1", {
            floors: { crane: 0.85 },
            peers: { bare: least.bareBinary(peers, join(folder, "app"), scratch) },
          }),
        ]),
        peers: present({
          crane: peer.craneAppend(peers, folder, "app", scratch),
          umoci: peer.umociInsert(peers, folder, "app", scratch),
          buildah: peer.buildahBud(peers, folder, "app", scratch),
        }),
      };
    }
    case "modules": {
      const folder = await workload.prepareModules(work);
      const changing = names.includes("one") ? await workload.prepareChanging(work) : folder;
      return {
        ours: wanted([
          ours("M", "modules", folder, "gzip:1", {
            floors: { crane: 1.7 },
            peers: { bare: least.bareModules(peers, "gzip", folder, scratch) },
          }),
          ours("zstd", "modules", folder, "zstd", {
            floors: { crane: 2.2 },
            peers: { bare: least.bareModules(peers, "zstd", folder, scratch) },
          }),
          ours("warm", "modules", folder, "gzip:1", {
            floors: { crane: 6 },
            warm: true,
            peers: {
              bare: names.includes("warm") ? await least.bareWarm(peers, folder, scratch) : undefined,
            },
          }),
          ours("one", "modules", changing, "gzip:1", {
            floors: { crane: 2 },
            warm: true,
            varies: true,
            before: (round) => workload.changeOneFile(changing, round),
          }),
        ]),
        peers: present({
          crane: peer.craneAppend(peers, folder, "node_modules", scratch),
          umoci: peer.umociInsert(peers, folder, "node_modules", scratch),
          buildah: peer.buildahBud(peers, folder, "node_modules", scratch),
          gzip: peer.tarInto(peers, "gzip", 1, folder, "node_modules", scratch),
          pigz: peer.tarInto(peers, "pigz", 1, folder, "node_modules", scratch),
        }),
      };
    }
    case "large": {
      const folder = await workload.prepareLarge(work);
      return {
        ours: wanted([
          ours("L", "one-file", folder, "gzip:1", { floors: { crane: 2 } }),
          ours("L-zstd", "one-file", folder, "zstd", { floors: { crane: 3 } }),
        ]),
        peers: present({
          crane: peer.craneAppend(peers, folder, "data.bin", scratch),
          umoci: peer.umociInsert(peers, folder, "data.bin", scratch),
          gzip: peer.tarInto(peers, "gzip", 1, folder, "data.bin", scratch),
          pigz: peer.tarInto(peers, "pigz", 1, folder, "data.bin", scratch),
        }),
      };
    }
    case "layers": {
      const folder = await workload.prepareLayers(work, home);
      const layout = join(folder, "layers");
      const umoci = peer.umociFlatten(peers, layout, scratch);
      return {
        ours: wanted([
          ours("flatten", "flatten", folder, "gzip:1", {
            floors: { crane: 8, umoci: 5, buildah: 5 },
            peers: { bare: least.bareFlatten(peers, layout, scratch) },
          }),
          ours("flatten-9", "flatten", folder, "gzip:9", { floors: { crane: 2.2 } }),
        ]),
        peers: present({
          crane: await peer.craneFlatten(peers, layout, scratch),
          // umoci keeps the rules of whiteouts (crane 0.20 does not), so its files are what ours have to be.
          umoci: umoci && { ...umoci, count: () => countEntries(join(scratch, "bundle/rootfs")) },
          buildah: peer.buildahSquash(peers, layout, scratch),
        }),
      };
    }
    default: {
      const contest = await openRunContest(input, { work, home, peers, scratch, ourBuild: ours });
      return { ours: contest.ours, peers: present(contest.peers) };
    }
  }
}

function present(peers) {
  return Object.entries(peers)
    .filter(([, contestant]) => contestant !== undefined)
    .map(([id, contestant]) => ({ id, ...contestant }));
}

function ourBuild(name, script, options) {
  const {
    work,
    home,
    scratch,
    context,
    compression,
    floors,
    ceiling,
    warm = false,
    varies = false,
  } = options;
  const store = join(work, "stores", name);
  const output = join(scratch, `${name}.tar`);
  return {
    name,
    title: titles[name],
    floors,
    ceiling,
    peers: present(options.peers ?? {}),
    output,
    warm,
    varies,
    command: [process.execPath, [join(home, "images", `${script}.mjs`)]],
    env: { LAYERWRIGHT_CACHE: store, LW_CONTEXT: context, LW_OUTPUT: output, LW_COMPRESSION: compression },
    before(round) {
      // A cold build has a store of its own that is new each time.
      if (!warm) rmSync(store, { recursive: true, force: true });
      rmSync(output, { force: true });
      options.before?.(round);
    },
  };
}

/** Files, folders and links below a folder. */
function countEntries(folder) {
  let count = 0;
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    count += entry.isDirectory() ? 1 + countEntries(join(folder, entry.name)) : 1;
  }
  return count;
}
