import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .run("rm -r /opt/old && echo done > /done", { network: "none" })
  .squash("all");
