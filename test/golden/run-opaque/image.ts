import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .run("rm -rf /opt/opaque && mkdir /opt/opaque && echo new > /opt/opaque/new", { network: "none" })
  .run(
    "rm -rf /etc/conf.d && mkdir /etc/conf.d && echo a > /etc/conf.d/a.conf && chmod 600 /etc/conf.d/a.conf",
    {
      network: "none",
    },
  );
