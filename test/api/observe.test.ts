import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { build } from "../../src/api/build.js";
import { sha256Hex } from "../../src/core/bytes.js";
import { Image } from "../../src/image/image.js";
import { withFoundImages, withObservedJobs } from "../../src/project/observe.js";
import { planImage } from "../../src/project/prepare/prepare.js";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "layerwright-observe-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const parent = Image.scratch().write("/etc/motd", "hello\n");

describe("observing images", () => {
  it("gives what was built, with the digests of files and the lines that wrote them", async () => {
    writeFileSync(join(folder, "a"), "text");
    const image = Image.from(parent).copy("a", "/srv/a").write("/srv/b", "1");
    const { plan } = planImage(image.node, { context: folder });
    const jobs = [{ name: "child", plan, references: [] }];
    const settings = { context: folder, store: join(folder, "store") };
    await withObservedJobs(jobs, settings, async ([observed]) => {
      expect(observed?.layers.map(({ inherited }) => inherited)).toEqual([true, false, false]);
      const [, copied] = observed!.layers;
      const entries = await copied!.entries();
      const file = entries.find(({ path }) => path === "srv/a");
      expect(file).toMatchObject({ type: "file", size: 4, sha256: sha256Hex("text") });
      expect(copied!.originOf("srv/a")?.file).toMatch(/observe\.test\.ts$/);
      expect(copied!.uncompressedSize % 512).toBe(0);
    });
  });

  it("gives the same of an archive that somebody made, without the lines", async () => {
    const output = join(folder, "child.tar");
    const store = join(folder, "store");
    const made = await build(parent, { output, context: folder, store });
    await withFoundImages([{ kind: "disk", path: output }], { store }, async ([found]) => {
      expect(found?.digest).toBe(made.digest);
      expect(found?.layers.map(({ diffId }) => diffId)).toEqual(made.layers.map(({ diffId }) => diffId));
      const entries = await found!.layers[0]!.entries();
      expect(entries.find(({ path }) => path === "etc/motd")?.sha256).toBe(sha256Hex("hello\n"));
      expect(found!.layers[0]!.originOf("etc/motd")).toBeUndefined();
    });
  });
});
