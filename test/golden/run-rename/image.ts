import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .run("mv /etc/motd /etc/message && mv /opt/old /opt/older && mv /etc/conf.d /opt/conf", { network: "none" })
  .run("mkdir /m && mv /opt/older /m/a && mv /m /n && mv /n/a/y /n/a/z", { network: "none" });
