// New here: one image collects, another takes only what it needs of it by `path`; the rest is never shipped.
import { Catalog, Image } from "layerwright";

const collected = Image.scratch()
  .copy("src/", "/work/")
  .write("/work/public/version.txt", "1.0.0\n")
  .symlink("version.txt", "/work/public/latest.txt");

const site = Image.scratch().copy(collected.path("/work/public"), "/srv/site/", { owner: 65532 });

export default new Catalog("examples", { site }, { platforms: ["linux/amd64"] });
