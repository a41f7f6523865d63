import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { Base, build, Image } from "layerwright";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ProgressEvent } from "../../src/ports/progress.js";
import { dockerfileRequest } from "../equivalence/both-ways.js";
import { baseLayers } from "../fixtures/base-layers.js";
import { findBusybox } from "../fixtures/busybox.js";
import { flatten } from "../fixtures/flatten.js";
import { whyNoSandbox } from "../fixtures/sandbox-here.js";
import { tarBytes } from "../fixtures/tar-bytes.js";
import { buildWithBuildKit } from "../peers/buildkit.js";
import { compareImages } from "../peers/compare.js";
import { imageListing } from "../peers/image-listing.js";
import { requirePeer } from "../peers/peers.js";
import { withoutUnchanged } from "../peers/unchanged-paths.js";
import { RUNS } from "./built-trees.js";
import { program, programText, startTree } from "./random-program.js";
import { LIST, readSeen, seenDifferences } from "./seen-tree.js";

/** Programs of one image: each works in a folder of its own, so that they cost one build together. */
const TOGETHER = 50;
const BATCHES = Math.max(1, Math.ceil(RUNS / TOGETHER));

const work = mkdtempSync(join(tmpdir(), "layerwright-programs-"));
const store = join(work, "store");
const dest = join(work, "image.tar");
const busybox = findBusybox();
const missing = (await whyNoSandbox()) ?? (busybox === undefined ? "no static busybox here" : undefined);

beforeAll(async () => {
  if (missing !== undefined) return;
  const trees = Array.from({ length: TOGETHER }, (_, index) => startTree(`t${index}`)).flat();
  writeFileSync(join(work, "base.tar"), tarBytes([...flatten(baseLayers(busybox!)), ...trees]));
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

const start = () => Image.from(Base.rootfs("base.tar"));

/** An image of programs, each in two run steps, so that the second half runs on a layer of the first. */
function imageOf(programs: readonly (readonly string[])[]): Image {
  const half = (from: (length: number) => readonly [number, number]) =>
    programs
      .map((commands, index) => programText(commands.slice(...from(commands.length)), `t${index}`))
      .concat("true")
      .join("\n");
  const first = half((length) => [0, length >> 1]);
  const second = half((length) => [length >> 1, length]);
  return start()
    .run(`${LIST}\n${first}\n${LIST}`, { network: "none", timeout: 300 })
    .run(`${second}\n${LIST}`, { network: "none", timeout: 300 });
}

/** What is different between what the last command saw and the image that came of it. */
async function differences(programs: readonly (readonly string[])[]): Promise<readonly string[]> {
  const output: string[] = [];
  const report = (event: ProgressEvent) => {
    if (event.kind === "output") output.push(event.line);
  };
  const options = { store, context: work, compression: "none", cache: false, progress: { report } } as const;
  await build(imageOf(programs), { ...options, output: { type: "oci", dest } });
  const trees = readSeen(output);
  return seenDifferences(imageListing(dest).rootfs, trees.at(-1)!, trees.slice(0, -1));
}

describe("random programs of file operations", () => {
  test.skipIf(missing !== undefined)(
    "the image is the tree that the command saw",
    { timeout: 3_600_000 },
    async () => {
      const batch = fc.array(program, { minLength: TOGETHER, maxLength: TOGETHER });
      for (const programs of fc.sample(batch, BATCHES)) {
        if ((await differences(programs)).length === 0) continue;
        // Which one it was, and as little of it as will do.
        await fc.assert(
          fc.asyncProperty(fc.constantFrom(...programs).chain(part), async (commands) => {
            expect({ commands, differences: await differences([commands]) }).toEqual({
              commands,
              differences: [],
            });
          }),
          { numRuns: 4 * TOGETHER },
        );
        expect(await differences(programs)).toEqual([]);
      }
    },
  );

  test.skipIf(missing !== undefined)(
    "BuildKit makes the same image",
    { timeout: 3_600_000 },
    async (context) => {
      const peer = requirePeer(context, "docker28");
      // A file of the base and its new name are two files for BuildKit, where the command saw one.
      const unlinked = program.map((commands) => commands.filter((line) => !/^ln (?:-f )?'/.test(line)));
      const batch = fc.array(unlinked, { minLength: TOGETHER, maxLength: TOGETHER });
      for (const programs of fc.sample(batch, BATCHES)) {
        const image = imageOf(programs);
        await build(image, { store, context: work, compression: "none", output: { type: "oci", dest } });
        const theirs = join(work, "theirs.tar");
        const request = await dockerfileRequest({ image, context: work, store }, "buildkit", theirs);
        await buildWithBuildKit(peer, { ...request, outOciTar: theirs });
        const ours = withoutUnchanged(imageListing(dest));
        const lines = compareImages(ours, withoutUnchanged(imageListing(theirs)));
        // A name that was touched and is the same is a file of its own there; and what is gone from a folder that was
        // made anew is named there, where ours says that nothing of it is left. The trees are compared all the same.
        const others = lines.filter((line) => !/: hard links |\/\.wh\.[^/]* only in the /.test(line));
        expect(others, JSON.stringify(others.length === 0 ? [] : programs)).toEqual([]);
      }
    },
  );

  test.runIf(missing !== undefined)("commands run here", ({ skip }) => skip(missing));
});

/** A program without some of its commands. */
function part(commands: readonly string[]): fc.Arbitrary<readonly string[]> {
  return fc.oneof(fc.constant(commands), fc.shuffledSubarray([...commands], { minLength: 1 }));
}
