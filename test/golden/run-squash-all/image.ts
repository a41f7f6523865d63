import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .run("echo 1 > /one && rm -r /opt/old", { network: "none" })
  .write("/two", "2\n")
  .run("ln /two /three && chown app /etc/motd", { network: "none" })
  .squash("all");
