import { existsSync, lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Base, build, Catalog, Image } from "layerwright";
import { beforeAll, describe, expect, test } from "vitest";
import { tempFolder } from "../../adapters/temp-folder.js";
import { BASES, ensureBases } from "../../fixtures/bases.js";
import { whyNoSandbox } from "../../fixtures/sandbox-here.js";

const missing = await whyNoSandbox();
beforeAll(() => void ensureBases());

/** Bytes of the files below a directory that may change meanwhile. */
function bytesBelow(folder: string): number {
  if (!existsSync(folder)) return 0;
  let sum = 0;
  for (const name of readdirSync(folder)) {
    const stat = lstatSync(join(folder, name), { throwIfNoEntry: false });
    if (stat?.isDirectory()) sum += bytesBelow(join(folder, name));
    else sum += stat?.size ?? 0;
  }
  return sum;
}

const MEBIBYTE = 1 << 20;

describe.skipIf(missing !== undefined)("T11: root file systems of commands", () => {
  const COUNT = 12;

  test("lie on the disk for as long as their image is built", { timeout: 300_000 }, async () => {
    const folder = tempFolder();
    const store = join(folder, "store");
    const base = Base.rootfs(join(BASES, "rootfs.tar"));
    const image = (at: number) =>
      Image.from(base).run(`echo ${at} > /at && busybox dd if=/dev/zero of=/big bs=1M count=2`, {
        network: "none",
      });
    const names = Array.from({ length: COUNT }, (_, at) => `image${at}`);
    const images = Object.fromEntries(names.map((name, at) => [name, image(at)]));
    const left: number[] = [];
    const built = await build(new Catalog("acme", images, { platforms: ["linux/amd64"] }), {
      store,
      context: folder,
      output: { type: "oci", dest: join(folder, "out") },
      progress: {
        report: (event) => {
          if (event.kind === "finish") left.push(bytesBelow(join(store, "roots/work")));
        },
      },
    });
    expect(Object.keys(built)).toEqual(names);
    // Four are built at once, and all of them are 24 MiB.
    expect(Math.max(...left)).toBeGreaterThan(MEBIBYTE);
    expect(Math.max(...left)).toBeLessThan(14 * MEBIBYTE);
    await expect.poll(() => bytesBelow(join(store, "roots/work")), { timeout: 60_000 }).toBe(0);
  });
});
