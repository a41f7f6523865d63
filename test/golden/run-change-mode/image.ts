import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout).run(
  "chmod 640 /etc/motd && chmod 700 /opt/old && chmod -R go-rwx /etc/conf.d",
  { network: "none" },
);
