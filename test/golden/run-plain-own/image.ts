import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .copy("input", "/work/input")
  .run("cat /work/input /work/input > /work/output && rm /work/input")
  .write("/work/done", "yes\n", { owner: 5 })
  .squash("own");
