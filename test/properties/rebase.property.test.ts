import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { rebase } from "../../src/api/registry.js";
import { isLayerwrightError } from "../../src/errors/layerwright-error.js";
import { Image } from "../../src/image/image.js";
import { registryFixture } from "../api/registry-fixture.js";
import { tries } from "./tries.js";

let at: Awaited<ReturnType<typeof registryFixture>>;
beforeAll(async () => {
  at = await registryFixture();
});
afterAll(() => at.close());

const RUNS = tries(100);

/** What a base has at a path: one of these, or nothing. */
const place = fc.oneof(
  { weight: 3, arbitrary: fc.constant("nothing" as const) },
  { weight: 2, arbitrary: fc.constant("file" as const) },
  { weight: 3, arbitrary: fc.constant("folder" as const) },
  { weight: 1, arbitrary: fc.constant("private folder" as const) },
  { weight: 1, arbitrary: fc.constantFrom("link to /a", "link to b", "link to /c/d") },
);
const PATHS = ["/a", "/b", "/c", "/c/d", "/a/e"] as const;
const baseShape = fc.tuple(...PATHS.map(() => place));

function baseOf(places: readonly string[], version: string): Image {
  // What is below is changed with tools of the image, in a Dockerfile, so bases without them are refused.
  const tools = ["sh", "rm", "chmod", "chown"];
  let image = Image.scratch().write("/version", version);
  for (const tool of tools) image = image.write(`/bin/${tool}`, "");
  for (const [at, kind] of places.entries()) {
    const path = PATHS[at]!;
    const parent = places[PATHS.indexOf(path.slice(0, 2) as "/a")];
    if (path.length > 2 && parent !== "folder" && parent !== "private folder") continue;
    if (kind === "file") image = image.write(path, "of the base");
    else if (kind === "folder") image = image.mkdir(path);
    else if (kind === "private folder") image = image.mkdir(path, { mode: 0o700 });
    else if (kind.startsWith("link to ")) image = image.symlink(kind.slice("link to ".length), path);
  }
  return image;
}

const step = fc.oneof(
  fc.record({
    op: fc.constant("write" as const),
    path: fc.constantFrom("/a", "/a/x", "/b/x", "/c/d/x", "/a/e/f/x", "/n/x", "/version"),
  }),
  fc.record({
    op: fc.constant("remove" as const),
    path: fc.constantFrom("/a", "/b", "/c/d", "/version", "/n"),
  }),
  fc.record({ op: fc.constant("chmod" as const), path: fc.constantFrom("/a", "/b", "/c/d") }),
  fc.record({ op: fc.constant("symlink" as const), path: fc.constantFrom("/a/x", "/b", "/m") }),
);

function imageOn(
  base: string,
  steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[],
  own: boolean,
) {
  let image = Image.from(`${at.host}/${base}`);
  for (const { op, path } of steps) {
    if (op === "write") image = image.write(path, "of the image");
    else if (op === "remove") image = image.remove(path);
    else if (op === "chmod") image = image.chmod(path, 0o711);
    else image = image.symlink("/own", path);
  }
  return own ? image.squash("own") : image;
}

async function ownLayers(name: string): Promise<number> {
  const { layers } = await at.manifest(name);
  return layers.filter(({ annotations }) => annotations !== undefined).length;
}

it("an image that is not refused is, on any other base, what a build there gives", async () => {
  let run = 0;
  let taken = 0;
  const images = fc.array(step, { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(baseShape, baseShape, images, fc.boolean(), async (one, two, steps, own) => {
      const name = `property-${run++}`;
      await at.push(baseOf(one, "one"), `${name}/base:v1`);
      await at.push(baseOf(two, "two"), `${name}/base:v2`);
      try {
        await at.push(imageOn(`${name}/base:v1`, steps, own), `${name}/app:v1`);
      } catch (error) {
        // The old base has something in the way: there is no image.
        if (isLayerwrightError(error)) return;
        throw error;
      }
      let digest: string;
      try {
        const onto = `${at.host}/${name}/base:v2`;
        ({ digest } = await rebase(`${at.host}/${name}/app:v1`, { onto, to: "rebased", ...at.common }));
      } catch (error) {
        expect(error).toMatchObject({ code: "REBASE_UNSAFE" });
        return;
      }
      const layers = await ownLayers(`${name}/app:v1`);
      let fresh: string;
      try {
        fresh = await at.push(imageOn(`${name}/base:v2`, steps, own), `${name}/app:fresh`);
      } catch (error) {
        if (isLayerwrightError(error) && layers < steps.length) return;
        throw error;
      }
      // A step that had nothing to do on the old base has no layer, so nobody can ask what it would do here.
      if (layers < (await ownLayers(`${name}/app:fresh`))) return;
      taken++;
      expect(digest).toBe(fresh);
    }),
    { numRuns: RUNS },
  );
  // Else it would prove nothing.
  expect(taken).toBeGreaterThan(RUNS / 10);
}, 300_000);
