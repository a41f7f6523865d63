import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout).layer("input and output", (image) =>
  image
    .copy("input", "/work/input", { mode: 0o640, owner: "app" })
    .run("busybox wc -c < /work/input > /work/count && rm /work/input", { network: "none" })
    .write("/work/note", "written after\n"),
);
