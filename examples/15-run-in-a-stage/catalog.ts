// New here: run with everything, ship one file. What the first image runs in is no part of the second.
import { Catalog, Image } from "layerwright";
import { shell } from "../shell/shell.js";

const made = Image.from(shell)
  .copy("parts/", "/work/parts/")
  .run("mkdir /out && cat /work/parts/* | tr a-z A-Z > /out/page.txt");

const page = Image.scratch().copy(made.path("/out/page.txt"), "/srv/page.txt");

export default new Catalog("examples", { page }, { platforms: ["linux/amd64"] });
