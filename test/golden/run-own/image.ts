import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .copy("input", "/work/input", { mode: 0o600 })
  .run("cat /work/input /work/input > /work/output && rm /work/input", { network: "none" })
  .write("/work/done", "yes\n", { owner: 5 })
  .remove("/opt/old")
  .squash("own");
