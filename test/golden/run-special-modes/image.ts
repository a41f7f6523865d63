import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout).run(
  "mkdir /m && cd /m && touch setuid setgid none && mkdir sticky all && chmod 4755 setuid && chmod 2711 setgid && chmod 0 none && chmod 1777 sticky && chmod 7777 all && chown 1:2 none && chmod u-s /usr/bin/su",
  { network: "none" },
);
