import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .run("mkdir /l && echo x > /l/b && ln /l/b /l/a && ln /l/b /l/c", { network: "none" })
  .run("ln /etc/motd /etc/motd2 && ln /l/a /l/d", { network: "none" })
  .run("rm /l/a && echo y >> /l/c", { network: "none" });
