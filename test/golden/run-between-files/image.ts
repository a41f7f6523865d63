import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .copy("tree/", "/work/")
  .chmod("/work/script.sh", "a+x")
  .run("/work/script.sh > /work/out", { network: "none" })
  .remove("/work/script.sh")
  .symlink("out", "/work/link")
  .run("cat /work/link > /work/last && test ! -e /work/script.sh", { network: "none" })
  .chown("/work/out", "app");
