import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .run("rm /etc/motd && rm -r /opt/old /usr/share && rmdir /srv", { network: "none" })
  .run("test ! -e /srv && touch /srv && rm /srv", { network: "none" });
