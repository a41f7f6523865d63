import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout).run(
  "cat /one /mnt/two/inside > /out && ls -R /mnt >> /out && ls -l /one | busybox cut -c1-10 >> /out",
  {
    network: "none",
    mounts: [
      { type: "bind", target: "/one", source: "one" },
      { type: "bind", target: "/mnt/two", source: "folder" },
    ],
  },
);
