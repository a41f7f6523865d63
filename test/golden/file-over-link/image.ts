import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .write("/etc/conf.link", "what the link points to is written\n")
  .symlink("b.conf", "/etc/conf.d/c.conf")
  .symlink("a.conf", "/etc/conf.d/c.conf")
  .symlink("../motd", "/etc/conf.d/motd")
  .copy("file", "/etc/conf.d/motd", { mode: 0o600 });
