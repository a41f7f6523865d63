// New here: squash("all") melts the base in, so what an earlier layer held is gone; so is all sharing.
import { Catalog, Image } from "layerwright";

const parent = Image.scratch().copy("data/", "/data/").mkdir("/tmp", { mode: 0o1777 });

const small = Image.from(parent).write("/data/large.txt", "replaced\n").squash("all");

export default new Catalog("examples", { parent, small }, { platforms: ["linux/amd64"] });
