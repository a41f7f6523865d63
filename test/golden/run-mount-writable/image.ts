import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout).run(
  "echo changed > /mnt/inside && echo new > /mnt/new && rm /mnt/gone && cat /mnt/* > /out",
  {
    network: "none",
    mounts: [{ type: "bind", target: "/mnt", source: "folder", writable: true }],
  },
);
