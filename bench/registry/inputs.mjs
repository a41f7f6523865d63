// What is pulled and pushed: an image of 300 MB, and the layers of a catalog of 50 images over one base.
import { randomFillSync } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { prepare } from "../measure.mjs";
import { line } from "../peers.mjs";
import { once } from "../workloads.mjs";

/** Images of the catalog. */
export const IMAGES = 50;
const MB = 1e6;

/** Three files of 100 MB that nothing compresses, as a layout of an image with three layers. */
export async function prepareImage(work, home) {
  return once(join(work, "registry-image"), async (folder) => {
    const block = Buffer.alloc(MB);
    for (const name of ["one", "two", "three"]) {
      const blocks = Array.from({ length: 100 }, () => Buffer.from(randomFillSync(block)));
      writeFileSync(join(folder, name), Buffer.concat(blocks));
    }
    const env = {
      LW_CONTEXT: folder,
      LW_OUTPUT: join(folder, "layout"),
      LAYERWRIGHT_CACHE: join(folder, "store"),
    };
    await prepare(process.execPath, [join(home, "registry/scripts/image.mjs")], { env });
    rmSync(join(folder, "store"), { recursive: true });
  });
}

/** Files that all images of the catalog share (2 MB), and one small file for each, as folders and as tars for crane. */
export async function prepareCatalog(work) {
  return once(join(work, "registry-catalog"), async (folder) => {
    mkdirSync(join(folder, "common"));
    mkdirSync(join(folder, "own"));
    writeFileSync(join(folder, "common/library.bin"), randomFillSync(Buffer.alloc(2 * MB)));
    await prepare("tar", ["-C", folder, "-cf", join(folder, "common.tar"), "common"]);
    for (let image = 0; image < IMAGES; image++) {
      writeFileSync(join(folder, "own", `${image}.txt`), `this is image ${image}\n`);
      await prepare("tar", [
        "-C",
        join(folder, "own"),
        "-cf",
        join(folder, `own-${image}.tar`),
        `${image}.txt`,
      ]);
    }
  });
}

/** Puts the image into the registry under a name that nothing else uses. */
export async function pushWithCrane(crane, layout, reference) {
  await prepare("sh", ["-c", line(...crane.run, "push", "--insecure", layout, reference)]);
}
