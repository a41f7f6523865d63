import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .run(
    "ln -s nowhere /dangling && ln -s /etc /etc-link && ln -sfn conf.d/b.conf /etc/conf.link && echo z > /etc-link/through",
    {
      network: "none",
    },
  )
  .run("rm /dangling && mkdir /dangling && rm -r /srv && ln -s opt /srv", { network: "none" });
