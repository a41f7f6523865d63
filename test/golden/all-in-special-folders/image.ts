import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .write("/tmp/x/f", "in a sticky folder\n", { mode: 0o555 })
  .write("/var/mail/x/f", "in a setgid folder\n", { mode: 0o640, owner: "www-data" })
  .write("/lib/new.so", "through a link\n")
  .squash("all");
