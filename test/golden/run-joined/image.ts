import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout).layer("both", (image) =>
  image
    .run("mkdir /work && echo 1 > /work/one && echo 2 > /work/two", { network: "none" })
    .run("rm /work/one && echo 3 >> /work/two", { network: "none" }),
);
