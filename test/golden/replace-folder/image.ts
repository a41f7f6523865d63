import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .remove("/opt/old")
  .write("/opt/old", "a file now\n")
  .remove("/opt/was-folder")
  .copy("tree", "/opt/was-folder")
  .squash("own");
