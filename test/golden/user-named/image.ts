import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .user("www-data:staff")
  .workdir("/var/www/app")
  .copy("file", "inside")
  .write("/var/www/owned", "w\n", { owner: "www-data:staff" })
  .user({ user: 7, group: "mail" });
