import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .write("/opt/gone/again", "back\n")
  .write("/opt/old/x", "back too\n")
  .write("/opt/opaque/one", "one again\n")
  .copy("more", "/opt/was-file")
  .squash("own");
