import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout).run(
  "echo more >> /etc/motd && echo 'other' > /etc/conf.d/a.conf && : > /opt/old/y",
  { network: "none" },
);
