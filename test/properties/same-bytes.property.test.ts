import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { build, dockerfile, Image, isLayerwrightError } from "layerwright";
import { afterAll, expect, test } from "vitest";
import { Bench, RUNS } from "./built-trees.js";
import { program } from "./random-image.js";

const bench = new Bench();
afterAll(() => bench.remove());

/** What a build must not depend on. */
interface Surroundings {
  readonly order: readonly number[];
  readonly seconds: number;
  readonly umask: number;
  readonly zone: string;
  readonly language: string;
}

const surroundings: fc.Arbitrary<Surroundings> = fc.record({
  order: fc.array(fc.nat(6), { maxLength: 7 }),
  seconds: fc.nat(2_000_000_000),
  umask: fc.constantFrom(0o022, 0o077, 0o002, 0),
  zone: fc.constantFrom("UTC", "Asia/Tokyo", "America/St_Johns"),
  language: fc.constantFrom("C", "de_DE.UTF-8", "tr_TR.UTF-8"),
});

async function outputs(image: Image, around: Surroundings): Promise<string> {
  const { TZ, LANG } = process.env;
  const umask = process.umask(0o022);
  const context = bench.contextLike(around);
  const dest = join(context, "..", "same.tar");
  try {
    process.umask(around.umask);
    Object.assign(process.env, { TZ: around.zone, LANG: around.language });
    const options = { context, platform: "linux/amd64" };
    const text = await dockerfile(image, options);
    // Without the cache, or the second build would not be one.
    await build(image, { ...options, store: bench.store, output: dest, reference: "a/b:c", cache: false });
    return `${text}\n${readFileSync(dest).toString("latin1")}`;
  } catch (error) {
    if (!isLayerwrightError(error)) throw error;
    return error.code;
  } finally {
    process.umask(umask);
    if (TZ === undefined) delete process.env["TZ"];
    else process.env["TZ"] = TZ;
    if (LANG === undefined) delete process.env["LANG"];
    else process.env["LANG"] = LANG;
  }
}

test("the same input in any order, time, umask, zone and folder gives the same bytes", {
  timeout: 600_000,
}, async () => {
  await fc.assert(
    fc.asyncProperty(program, surroundings, surroundings, async (change, left, right) => {
      const image = change(Image.scratch());
      const [one, two] = [await outputs(image, left), await outputs(image, right)];
      expect(one === two).toBe(true);
    }),
    { numRuns: RUNS },
  );
});
