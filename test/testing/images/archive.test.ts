import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { Base, build, Image } from "layerwright";
import { expectArchive, expectImage, imageSnapshot } from "layerwright/testing";
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { failing } from "./failing.js";

const work = mkdtempSync(join(tmpdir(), "layerwright-archive-"));
const archive = join(work, "image.tar");
const child = join(work, "child.tar");
const image = Image.scratch()
  .write("/etc/passwd", "root:x:0:0::/:\nweb:x:33:33::/:\n")
  .write("/etc/group", "web:x:33:\n")
  .write("/srv/index.html", "<h1>", { owner: "web" })
  .env("LANG", "C.UTF-8");
beforeAll(async () => {
  const options = { store: join(work, "store") };
  await build(image, { ...options, output: archive });
  await build(Image.from(image).write("/b", "1"), { ...options, output: child });
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

describe("a finished image", () => {
  it("is looked into like a described one", async () => {
    await expectArchive(archive)
      .hasFile("/srv/index.html", { owner: "web", contents: "<h1>", mode: 0o644 })
      .hasFile("/etc/passwd", { contents: /^web/m })
      .hasNoFile("/usr")
      .hasEnv("LANG", "C.UTF-8")
      .hasNoEnv("DEBUG")
      .isUnder("20kB")
      .sharesLayersWith(expectArchive(child));
    const layers = (await failing(() => expectArchive(archive).hasLayers(99))).actual as number;
    await expectArchive(archive).hasLayers(layers).sharesLayersWith(expectArchive(child), layers);
    await expectImage(image).hasLayers(layers);
    expect((await failing(() => expectArchive(archive).hasFile("/srv/x"))).message).toMatch(
      /^the image has no file/,
    );
  });

  it("leaves no open file and no scratch file, also where layers are unpacked for bytes", async () => {
    const [packed, cache] = [join(work, "packed.tar"), join(work, "cache")];
    await build(image, { store: join(work, "store"), output: packed, compression: "gzip" });
    vi.stubEnv("LAYERWRIGHT_CACHE", cache);
    onTestFinished(() => void vi.unstubAllEnvs());
    await expectArchive(packed).hasFile("/srv/index.html", { contents: "<h1>" }).hasEnv("LANG");
    const open = readdirSync("/proc/self/fd").flatMap((fd) => {
      try {
        return [readlinkSync(`/proc/self/fd/${fd}`)];
      } catch {
        return [];
      }
    });
    expect(open.filter((path) => path.startsWith(work))).toEqual([]);
    const kept = readdirSync(cache, { recursive: true, withFileTypes: true });
    const scratch = kept.filter(
      (entry) => entry.isFile() && relative(cache, entry.parentPath).startsWith("t"),
    );
    expect(scratch.map(({ name }) => name)).toEqual([]);
  });

  it("fails the run where nobody awaits, and at the line of the assertion", async () => {
    const unhandled = new Promise<unknown>((resolve) => {
      const others = process.rawListeners("unhandledRejection") as NodeJS.UnhandledRejectionListener[];
      process.removeAllListeners("unhandledRejection");
      process.once("unhandledRejection", (reason) => {
        for (const other of others) process.on("unhandledRejection", other);
        resolve(reason);
      });
    });
    void expectArchive(archive).hasFile("/missing").hasEnv("LANG");
    const error = (await unhandled) as Error;
    expect(error.message).toMatch(/^the image has no file \/missing/);
    expect(error.stack?.split("\n    at ")[1]).toContain("archive.test.ts");
  });

  it("does not say which steps made it", async () => {
    for (const asked of [
      () => expectArchive(archive).runs("x"),
      () => expectArchive(archive).hasNoRunSteps(),
      () => expectArchive(archive).isOn("scratch"),
      () => expectArchive(archive).hasOwnLayers(1),
      () => expectArchive(archive).isOwnUnder("1MB"),
      () => expectArchive(archive).sharesLayersWith(image),
    ])
      expect((await failing(asked)).message).toMatch(
        /is not said by an archive\n {2}to test it: use expectImage/,
      );
  });

  it("must be there", async () => {
    await expect(expectArchive(join(work, "none.tar")).hasLayers(1)).rejects.toThrowError(
      expect.objectContaining({ code: "BASE_NOT_FOUND" }),
    );
    expect(() => expectArchive("")).toThrowError(expect.objectContaining({ code: "ARGUMENT_INVALID" }));
  });

  it("can be the base of a described one, with its layers counted and its files known", async () => {
    const based = Image.from(Base.layout("image.tar"))
      .write("/srv/b", "1", { owner: "web" })
      .remove("/etc/group");
    const options = { context: work };
    const layers = (await failing(() => expectArchive(archive).hasLayers(99))).actual as number;
    await expectImage(based, options)
      .hasFile("/srv/index.html", { contents: "<h1>", owner: 33 })
      .hasFile("/srv/b", { owner: "33:33" })
      .hasNoFile("/etc/group")
      .hasEnv("LANG")
      .hasLayers(layers + 2)
      .hasOwnLayers(2)
      .isUnder("20kB")
      .sharesLayersWith(Image.from(Base.layout("image.tar")), layers);
    const text = await imageSnapshot(based, options);
    expect(text).toContain("stage 1 from layout image.tar\n");
    expect(text).toContain("  file 0644 33:33 /srv/b\n  removed /etc/group\n");
    expect(text).not.toContain("index.html");
    const absolute = Image.from(Base.layout(archive));
    expect(await imageSnapshot(absolute)).toContain("from layout …/image.tar\n");
  });
});
