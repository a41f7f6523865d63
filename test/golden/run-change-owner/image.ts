import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout).run(
  "chown 33:34 /etc/motd && chown -R app:app /opt/old && chown -h 5:6 /etc/conf.link",
  { network: "none" },
);
