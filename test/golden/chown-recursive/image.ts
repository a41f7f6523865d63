import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .copy("tree", "/tree")
  .symlink("/etc/motd", "/tree/link")
  .chown("/tree", "app", { recursive: true })
  .chown("/tree/sub", 5)
  .chown("/etc/conf.link", "www-data:staff");
