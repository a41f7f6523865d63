import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .chmod("/usr/bin/twin-a", 0o700)
  .chmod("/etc/conf.d", "go-rwx", { recursive: true })
  .chmod("/tmp", 0o755);
