import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout).run(
  "touch /etc/motd /opt/old && cat /etc/group > /tmp/g && cat /tmp/g > /etc/group && rm /tmp/g && chmod 600 /etc/conf.d/b.conf && chown 0:0 /etc/passwd && mv /opt/old /opt/x && mv /opt/x /opt/old && echo 1 > /done",
  { network: "none" },
);
