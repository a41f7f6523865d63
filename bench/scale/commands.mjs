// The commands that are measured, and what each must say of every image.
import { readFileSync } from "node:fs";
import { join } from "node:path";

/** More images than this are not built for a measurement. */
export const MOST_BUILT = 1000;

const imagesOf = ({ images }) => images.length;

export const COMMANDS = {
  ls: { built: false, args: ["ls"], told: imagesOf },
  synth: { built: false, args: ["synth"], told: imagesOf },
  share: { built: true, before: ["share"], args: ["share"], told: imagesOf },
  // What the planner takes, with all images at hand and nothing decided.
  decide: {
    built: true,
    before: ["lock"],
    args: ["lock", "--update", "layers"],
    told: (_, cwd) =>
      Object.values(JSON.parse(readFileSync(join(cwd, "layerwright.lock.json"), "utf8")).layering).flatMap(
        ({ images }) => images,
      ).length,
  },
};
