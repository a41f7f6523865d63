import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .workdir("/srv")
  .run("echo $PWD > here", { network: "none" })
  .run("echo $PWD > here", { network: "none", workdir: "/deep/new/folder" })
  .run("echo $PWD > there", { network: "none", workdir: "/lib" })
  .run("echo $PWD > again", { network: "none" });
