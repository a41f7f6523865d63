import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .write("/etc/motd", "third\n", { mode: 0o600 })
  .copy("etc", "/etc")
  .write("/usr/bin/twin-a", "no twin any more\n")
  .write("/usr/bin/ping", "no capability any more\n");
