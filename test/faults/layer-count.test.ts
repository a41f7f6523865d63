import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, Catalog, dockerfile, Image, synth } from "layerwright";
import { afterAll, expect, test } from "vitest";
import { bothWays, expectRefused, expectSame } from "./on-bases.js";

const LONG = { timeout: 300_000 };
const folder = mkdtempSync(join(tmpdir(), "layerwright-layers-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An image with so many layers more. */
function stacked(image: Image, layers: number, directory = "l"): Image {
  let made = image;
  for (let at = 0; at < layers; at++)
    made = made.layer(`${at}`, (it) => it.write(`/${directory}/${at}`, `${at}`));
  return made;
}

test("E22: more layers than engines load are refused, those of the base included", LONG, async (context) => {
  expectRefused(await bothWays(context, (base) => stacked(base, 126)), "TOO_MANY_LAYERS");
});

test("E22: the limit itself is one image both ways", LONG, async (context) => {
  const places = ["registry"] as const;
  expectSame(await bothWays(context, () => stacked(Image.scratch(), 126), { kinds: ["scratch"], places }));
  expectRefused(
    await bothWays(context, () => stacked(Image.scratch(), 127), { kinds: ["scratch"], places }),
    "TOO_MANY_LAYERS",
  );
});

test("E22: the layers of an image of ours below count, and a squash takes them away", async () => {
  const options = { context: folder, store: join(folder, "store"), lock: false } as const;
  const tall = stacked(Image.from(stacked(Image.scratch(), 100)), 30, "m");
  await expect(build(tall, options)).rejects.toMatchObject({ code: "TOO_MANY_LAYERS" });
  await expect(dockerfile(tall, { context: folder })).rejects.toThrow(
    expect.objectContaining({ code: "TOO_MANY_LAYERS" }),
  );
  for (const policy of ["own", "all"] as const)
    expect((await build(tall.squash(policy), options)).layers).toHaveLength(policy === "own" ? 101 : 1);
});

test("E22: near the limit a warning says so, in both", async () => {
  const options = { context: folder, store: join(folder, "store"), lock: false } as const;
  const near = stacked(Image.scratch(), 120);
  const warning = expect.objectContaining({
    code: "MANY_LAYERS",
    message: expect.stringContaining("120 layers"),
  });
  expect((await build(near, options)).warnings).toEqual([warning]);
  const { images } = await synth(new Catalog("acme", { near }), { context: folder });
  expect(images[0]?.warnings).toEqual([warning]);
  expect((await build(stacked(Image.scratch(), 119), options)).warnings).toEqual([]);
});
