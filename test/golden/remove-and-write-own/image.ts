import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .remove("/opt/opaque")
  .write("/opt/opaque/fresh", "only this\n")
  .remove("/etc/motd")
  .mkdir("/etc/motd")
  .write("/etc/motd/part", "a folder now\n")
  .squash("own");
