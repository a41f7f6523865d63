import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .mkdir("/srv", { mode: 0o711, owner: "app" })
  .mkdir("/opt/old/sub")
  .mkdir("/lib/plugins");
