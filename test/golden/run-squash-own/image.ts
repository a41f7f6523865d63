import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .run("echo 1 > /one && rm -r /opt/old", { network: "none" })
  .copy("input", "/work/")
  .run("cat /work/input > /two && mkdir /opt/old && chmod 600 /etc/motd", { network: "none" })
  .run("rm /one /work/input", { network: "none" })
  .squash("own");
