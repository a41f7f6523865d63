import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .write("/tmp/x/f", "in a sticky folder\n", { mode: 0o555 })
  .write("/var/mail/x/f", "in a setgid folder\n", { mode: 0o640, owner: "www-data" })
  .copy("file", "/root/private/file", { mode: 0o600 })
  .copy("file", "/home/app/", { owner: "app" })
  .write("/lib/new.so", "through a link\n")
  .squash("own");
