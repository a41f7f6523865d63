/**
 * Differences that are a builder's own: what it does to any Dockerfile that says the same, ours or not. Each names
 * the builders, the cases and the exact line it is about; nothing is matched by a wildcard over cases or paths.
 */
export interface KnownDifference {
  readonly builders: readonly string[];
  readonly cases: readonly string[];
  readonly difference: string;
  readonly reason: string;
}

const opaque =
  "a folder that is removed and made anew in one layer: ours says it is opaque, builders that compare two trees name what is gone in it; the tree is the same";

const buildkits = ["docker 26", "docker 28"];
const buildahs = ["buildah 1.43", "buildah 1.43 classic", "buildah 1.39 classic", "buildah 1.28 classic"];

const sharedFile =
  "a command that changes one name of a hard-linked file of the base: buildah's vfs storage changes the file under all its names; on overlay, as with BuildKit and in the direct build, the one name is copied up";

const twins = "usr/bin/twin-a = usr/bin/twin-b = usr/bin/twin-c";

const chmodOfTwin = [
  `/usr/bin/twin-a: hard links  | ${twins}`,
  "/usr/bin/twin-b: mode 0755 | 0700",
  `/usr/bin/twin-b: hard links usr/bin/twin-b = usr/bin/twin-c | ${twins}`,
  "/usr/bin/twin-c: mode 0755 | 0700",
  `/usr/bin/twin-c: hard links usr/bin/twin-b = usr/bin/twin-c | ${twins}`,
  "layer 3: /usr/bin/twin-b only in the second",
  "layer 3: /usr/bin/twin-c only in the second",
];

const touchesRun =
  "a command: buildah 1.39 mounts a file below /run and leaves the folder, unchanged but for its time, in the layer";

/** The layers with a command, by case. */
const layersOfCommands: Readonly<Record<string, readonly number[]>> = {
  "boundary-parent-own": [3],
  "chmod-base": [3, 4, 5],
  "chmod-recursive": [5, 6],
  "chown-base": [3, 4, 5],
  "chown-recursive": [5, 6, 7],
  "remove-and-write": [3, 5],
  "remove-and-write-own": [3],
  "remove-base": [3, 4, 5],
  "replace-folder": [3],
};

const runFolder = Object.entries(layersOfCommands).flatMap(([name, layers]) =>
  layers.map((layer) => ({
    builders: ["buildah 1.39 classic"],
    cases: [name],
    difference: `layer ${layer}: /run only in the second`,
    reason: touchesRun,
  })),
);

const bareFolders = ["/dev", "/proc", "/sys"].flatMap((path) =>
  [`${path}: only in the second`, `layer 1: ${path} only in the second`].map((difference) => ({
    builders: buildkits,
    cases: ["run-bare"],
    difference,
    reason: "a base without /dev, /proc and /sys: BuildKit leaves what it mounted on behind, empty",
  })),
);

const linkedBelow =
  "a command that gives a file of the base another name: ours keeps both names one file, as the command saw it; BuildKit copies the file to the new name";

export const knownDifferences: readonly KnownDifference[] = [
  ...bareFolders,
  {
    builders: buildkits,
    cases: ["run-workdir"],
    difference: "layers: 7 | 8",
    reason:
      "a folder that a command starts in and that is not there: WORKDIR makes it, in a layer of its own",
  },
  ...[
    "/etc/motd: hard links etc/motd = etc/motd2 | ",
    "/etc/motd2: hard links etc/motd = etc/motd2 | ",
    "layer 4: /etc/motd only in the first",
    "layer 4: /l/a only in the first",
  ].map((difference) => ({
    builders: buildkits,
    cases: ["run-hard-links"],
    difference,
    reason: linkedBelow,
  })),
  ...runFolder,
  {
    builders: ["buildah 1.39 classic"],
    cases: ["remove-missing"],
    // The command removes nothing; without /run there would be no layer.
    difference: "layers: 5 | 6",
    reason: touchesRun,
  },
  ...chmodOfTwin.map((difference) => ({
    builders: buildahs,
    cases: ["chmod-base"],
    difference,
    reason: sharedFile,
  })),
  ...[
    { name: "run-replace", difference: "layer 3: /opt/old/.wh..wh..opq only in the first" },
    { name: "run-squash-own", difference: "layer 3: /opt/old/.wh..wh..opq only in the first" },
    { name: "run-squash-own", difference: "layer 3: /opt/old/.wh.y only in the second" },
  ].map(({ name, difference }) => ({ builders: buildkits, cases: [name], difference, reason: opaque })),
  {
    builders: [...buildkits, ...buildahs],
    cases: ["remove-and-write-own"],
    difference: "layer 3: /opt/opaque/.wh..wh..opq only in the first",
    reason: opaque,
  },
  {
    builders: [...buildkits, ...buildahs],
    cases: ["remove-and-write-own"],
    difference: "layer 3: /opt/opaque/.wh.three only in the second",
    reason: opaque,
  },
];

/** Cases whose commands a builder cannot run, and why. */
const cannotRun: readonly {
  readonly builders: readonly string[];
  readonly cases: readonly string[];
  readonly reason: string;
}[] = [
  {
    builders: buildahs,
    cases: ["run-devices", "run-special-folders"],
    reason: "buildah's chroot isolation makes no devices and has a read-only /dev",
  },
  {
    builders: buildahs,
    cases: ["run-network-none"],
    reason: "buildah's chroot isolation has the host's network",
  },
  { builders: buildahs, cases: ["run-mount-caches"], reason: "buildah knows no private caches" },
];

/** Why a builder is not given a case, if so. */
export function cannotBuild(builder: string, name: string): string | undefined {
  return cannotRun.find(({ builders, cases }) => builders.includes(builder) && cases.includes(name))?.reason;
}

/** Cases that no peer is asked to build, and why. */
export const textOnly: Readonly<Record<string, string>> = {
  "recipes-packages": "package managers need the network",
  "recipes-packages-kept": "package managers need the network",
  "recipes-packages-more": "package managers need the network",
  "recipes-packages-mounts": "package managers need the network",
  "recipes-projects": "package managers need the network",
  "packages-left-behind": "package managers need the network",
  "examples/08-package nginx": "package managers need the network",
};

/** The known difference that a line is, if it is one. */
export function knownDifference(builder: string, name: string, line: string): KnownDifference | undefined {
  return knownDifferences.find(
    ({ builders, cases, difference }) =>
      difference === line && builders.includes(builder) && cases.includes(name),
  );
}
