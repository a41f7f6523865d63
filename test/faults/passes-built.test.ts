import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Base, build, Catalog, Image } from "layerwright";
import { afterAll, describe, expect, test } from "vitest";
import { checkEnd } from "../../src/engine/run/command-output.js";
import type { ProgressEvent } from "../../src/ports/progress.js";
import { Project } from "../cli/cli-support.js";
import { direct, dockerfileRequest, noSandbox } from "../equivalence/both-ways.js";
import { baseFrom, baseImage } from "../fixtures/base-kinds.js";
import { standIns } from "../fixtures/stand-ins.js";
import { buildWithBuildKit } from "../peers/buildkit.js";
import { imageListing } from "../peers/image-listing.js";
import { requirePeer } from "../peers/peers.js";
import { bothWays, expectSame, listingOf } from "./on-bases.js";

describe("P7: what changes a copy goes into it", () => {
  const context = { "app/run": { contents: "1\n", mode: 0o755 }, "app/lib/x": "2\n" };

  test("a recursive chmod and chown, and a move", { timeout: 300_000 }, async (peers) => {
    const built = await bothWays(
      peers,
      (base) =>
        base
          .copy("app/", "/opt-new/app/")
          .chmod("/opt-new/app", "go-rx", { recursive: true })
          .run("chown -R 5:6 /opt-new/app && mv /opt-new/app /opt-new/other"),
      { context },
    );
    expectSame(built);
    for (const { direct: way, text } of built) {
      expect(text).not.toContain("mv ");
      const { rootfs } = listingOf(way);
      expect(rootfs.get("opt-new/other/run")).toMatchObject({ mode: 0o700, uid: 5, gid: 6 });
      expect(rootfs.has("opt-new/app")).toBe(false);
    }
  });
});

const work = mkdtempSync(join(tmpdir(), "layerwright-passes-"));
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
const network = { network: "host" } as const;
const install = (name: string) => `apt-get install -y --no-install-recommends ${name}`;
const parent = () =>
  Image.from(Base.rootfs("debian.tar")).run(`apt-get update && ${install("file")}`, network);

describe.skipIf(missing !== undefined)("on Debian", () => {
  test("P1: a later installation finds the lists, in both syntheses", { timeout: 900_000 }, async (peers) => {
    const image = parent().run(install("less"), network);
    const input = { image, context: work, store: join(work, "store") };
    const ours = await direct(input, join(work, "ours.tar"));
    expect(ours.rootfs.get("usr/bin/less")).toBeDefined();
    const dest = join(work, "theirs.tar");
    const request = await dockerfileRequest(input, "buildkit", dest);
    await buildWithBuildKit(requirePeer(peers, "docker28"), { ...request, network: "host" });
    expect(imageListing(dest).rootfs.get("usr/bin/less")).toBeDefined();
  });

  test("P2: so does an image of the catalog that starts from it", { timeout: 900_000 }, async () => {
    const base = parent();
    const child = Image.from(base).run(install("less"), network);
    const catalog = new Catalog("acme", { base, child });
    const built = await build(catalog, { context: work, store: join(work, "store"), lock: false });
    const layers = Object.values(built).flat();
    expect(JSON.stringify(layers)).toContain("LEFTOVERS");
  });

  test("a command that fails without what was removed says so", { timeout: 900_000 }, async () => {
    const image = parent()
      .write("/usr/local/sbin/useradd", `#!/bin/sh -x\n${install("less")}\n`, { mode: 0o755 })
      .run("useradd app", network);
    const failure = build(image, { context: work, store: join(work, "store"), lock: false });
    await expect(failure).rejects.toMatchObject({
      code: "RUN_FAILED",
      hint: expect.stringMatching(
        /^clean-in-layer removed what apt downloaded at the end of "apt-get update/,
      ),
    });
  });
});

describe.skipIf(noSandbox !== undefined)("H7: a clean-up is no part of the command before it", () => {
  const none = { network: "none" } as const;
  const fetch = "apt-get update && apt-get install -y -d cron less";

  /** The commands that a build runs, and the image that it gives. */
  async function built(image: Image, store: string) {
    const ran: string[] = [];
    const report = (event: ProgressEvent) => {
      if (event.kind === "finish" && event.cached !== true && !/^pack|^copy/.test(event.label))
        ran.push(event.label);
    };
    const made = await build(image, { context: work, store, lock: false, progress: { report } });
    return { ran, digest: made.digest };
  }

  const cases: readonly [string, (base: Image) => Image, (base: Image) => Image, readonly string[]][] = [
    [
      "that a later command stops to use",
      (base) => base.run(fetch, none).run("cd /srv && npm ci", none).run("apt-get install -y cron", none),
      (base) => base.run(fetch, none).run("cd /srv && npm ci", none).run("mv /a /b || true", none),
      [`clean up after ${fetch}`, "run mv /a /b || true"],
    ],
    [
      "that a later command begins to use",
      (base) => base.run(fetch, none).run("cd /srv && npm ci", none).run("touch /a", none),
      (base) => base.run(fetch, none).run("cd /srv && npm ci", none).run("apt-get install -y less", none),
      ["run apt-get install -y less", "clean up after apt-get install -y less"],
    ],
    [
      "of a manager whose directory the command names",
      (base) => base.run("cd /srv && npm ci", none).run("cd /srv && npm ci --offline", none),
      (base) => base.run("cd /srv && npm ci", none).run("touch /a", none),
      ["clean up after cd /srv && npm ci", "run touch /a"],
    ],
    [
      "where a command between looks at what it removed",
      (base) => base.run(fetch, none).run("ls -R /var > /seen", none).run("apt-get install -y cron", none),
      (base) => base.run(fetch, none).run("ls -R /var > /seen", none).run("touch /a", none),
      [`clean up after ${fetch}`, "run ls -R /var > /seen", "run touch /a"],
    ],
  ];

  describe.each(["busybox", "gnu"] as const)("on %s", (kind) => {
    test.each(cases)("%s", { timeout: 300_000 }, async (_, first, second, again) => {
      const base = baseImage(kind, {
        layer: [...standIns, { path: "srv", type: "dir", mode: 0o755 } as const],
      });
      if (typeof base === "string") throw new Error(base);
      const start = Image.from(baseFrom(base, "disk")).run(`echo ${randomUUID()} > /mark`, none);
      const store = mkdtempSync(join(work, "store-"));
      await built(first(start), store);
      const changed = await built(second(start), store);
      expect(changed.ran.filter((label) => /^(run|clean) /.test(label))).toEqual(again);
      // What was remembered under another root file system gives the same image as a build from nothing.
      const fresh = await built(second(start), mkdtempSync(join(work, "store-")));
      expect(changed.digest).toBe(fresh.digest);
    });
  });
});

test.skipIf(noSandbox !== undefined)(
  "explain shows the bytes that a pass won against the commands that a change runs again",
  { timeout: 300_000 },
  async () => {
    const base = baseImage("busybox", { layer: standIns });
    if (typeof base === "string") throw new Error(base);
    const [layout, tag] = [JSON.stringify(base.layout), JSON.stringify(base.tag)];
    const project = new Project({
      "catalog.ts": `import { Base, Catalog, Image } from "layerwright";
const none = { network: "none" } as const;
const app = Image.from(Base.layout(${layout}, { tag: ${tag} }))
  .run("apt-get update && apt-get install -y cron", none)
  .run("head -c 5000 /dev/zero > /big && touch /kept", none)
  .run("rm /big", none);
export default new Catalog("acme", { app }, { platforms: ["linux/amd64"] });
`,
    });
    const explained = async () => {
      const { stdout } = await project.run(["explain"]);
      return stdout.split("\n").filter((line) => /^ {4}(clean-in-layer|join-runs)/.test(line));
    };
    expect(await explained()).toEqual([
      expect.stringMatching(
        /clean-in-layer catalog.ts:4.*not known until it is built.*in a Dockerfile.*3 commands again/,
      ),
      expect.stringMatching(
        /join-runs catalog.ts:6.*not known until it is built.*in a Dockerfile.*1 command more/,
      ),
    ]);
    expect(await project.run(["build", "-o", "out"])).toMatchObject({ code: 0 });
    expect(await explained()).toEqual([
      // The list of candidates and one archive.
      expect.stringMatching(/clean-in-layer catalog.ts:4.* -27 B.*in a Dockerfile.*3 commands again/),
      expect.stringMatching(/join-runs catalog.ts:6.* -5 kB.*in a Dockerfile.*1 command more/),
    ]);
    rmSync(project.folder, { recursive: true, force: true });
  },
);

test.runIf(missing !== undefined)("a Debian base is here", ({ skip }) => skip(missing));

test("the hint names the step, and only where the command names the manager", () => {
  const cleaned = [
    { managers: ["npm", "apt"], command: "apt-get install a", origin: { file: "image.ts", line: 3 } },
  ];
  const failed = (command: string): unknown => {
    try {
      checkEnd({ exitCode: 100, timedOut: false }, { command, origin: undefined, output: [], cleaned });
    } catch (error) {
      return (error as { hint: string }).hint;
    }
    return undefined;
  };
  expect(failed("apt-get install b")).toContain('"apt-get install a" (image.ts:3)');
  expect(failed("make")).not.toContain("clean-in-layer");
});
