import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .copy("tree", "/lib/tree")
  .copy("tree/file", "/lib/")
  .symlink("libnew.so.1", "/lib/libnew.so")
  .mkdir("/lib/empty", { mode: 0o711 })
  .symlink("/srv", "/var/link")
  .write("/var/link/file", "through a link of this image\n");
