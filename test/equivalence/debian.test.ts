import { execFileSync } from "node:child_process";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { apt, Base, Image } from "layerwright";
import { afterAll, describe, expect, test } from "vitest";
import { buildWithBuildKit } from "../peers/buildkit.js";
import { compareImages } from "../peers/compare.js";
import { type ImageListing, imageListing, type ListedFile } from "../peers/image-listing.js";
import { requirePeer } from "../peers/peers.js";
import { withoutUnchanged } from "../peers/unchanged-paths.js";
import { direct, dockerfileRequest, noSandbox } from "./both-ways.js";

/** What an installation writes the time or the machine into; only their content is not compared. */
const TELLING_TIME = [
  "var/cache/ldconfig/aux-cache",
  "var/log/alternatives.log",
  "var/log/apt/eipp.log.xz",
  "var/log/apt/history.log",
  "var/log/apt/term.log",
  "var/log/dpkg.log",
];

const work = mkdtempSync(join(tmpdir(), "layerwright-debian-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

function makeBase(): string | undefined {
  if (process.geteuid?.() !== 0) return "only root can make a Debian base";
  try {
    const script = fileURLToPath(new URL("../../scripts/peers/debian-base", import.meta.url));
    copyFileSync(execFileSync(script, { encoding: "utf8" }).trim(), join(work, "debian.tar"));
    return undefined;
  } catch (error) {
    if (process.env["CI"]) throw error;
    return "no Debian base could be made here";
  }
}

const missing = noSandbox ?? makeBase();
const debian = () => Image.from(Base.rootfs("debian.tar"));
const lists = { type: "cache", target: "/var/lib/apt", id: "debian-lists", sharing: "locked" } as const;
const archives = {
  type: "cache",
  target: "/var/cache/apt",
  id: "debian-archives",
  sharing: "locked",
} as const;

const images: readonly (readonly [string, () => Image])[] = [
  [
    "a package by hand, with a user of its own",
    () =>
      debian().run(
        "apt-get update && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends cron && apt-get clean && rm -rf /var/lib/apt/lists/*",
        { network: "host" },
      ),
  ],
  [
    "a package by the recipe, then removed files and a squash",
    () => debian().with(apt.install("less", "file")).run("rm -rf /usr/share/doc").squash("own"),
  ],
  [
    "a package with cache mounts",
    () =>
      debian().run("apt-get update && apt-get install -y --no-install-recommends less", {
        network: "host",
        mounts: [lists, archives],
      }),
  ],
];

function comparable(image: ImageListing): ImageListing {
  const hide = (file: ListedFile) =>
    TELLING_TIME.includes(file.path) ? { ...file, size: 0, sha256: "" } : file;
  const rootfs = new Map([...image.rootfs].map(([path, file]) => [path, hide(file)]));
  return { ...withoutUnchanged(image), rootfs };
}

describe.skipIf(missing !== undefined)("packages installed on Debian", () => {
  test.for(images)("%s", { timeout: 900_000 }, async ([, image], context) => {
    const input = { image: image(), context: work, store: join(work, "store") };
    const ours = comparable(await direct(input, join(work, "ours.tar")));
    const request = await dockerfileRequest(input, "buildkit", join(work, "theirs.tar"));
    await buildWithBuildKit(requirePeer(context, "docker28"), { ...request, network: "host" });
    expect(compareImages(ours, comparable(imageListing(join(work, "theirs.tar"))))).toEqual([]);
  });
});

test.runIf(missing !== undefined)("a Debian base is here", ({ skip }) => skip(missing));
