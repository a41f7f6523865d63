import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .copy("tree", "/tree")
  .symlink("/etc/passwd", "/tree/link")
  .chmod("/tree/tool", 0o700)
  .chmod("/tree", "g+w,o-r", { recursive: true })
  .chmod("/etc/conf.link", 0o666);
