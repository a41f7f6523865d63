import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .remove("/opt/old")
  .run("mkdir /opt/old && echo back > /opt/old/x", { network: "none" })
  .remove("/opt/old/x")
  .run("ls -A /opt/old > /listing", { network: "none" });
