import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .chown("/etc/motd", "www-data")
  .chown("/home/app", "33:staff", { recursive: true })
  .chown("/usr/bin/su", 5);
