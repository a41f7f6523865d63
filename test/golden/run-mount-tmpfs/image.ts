import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout).run(
  "ls -a /opt/opaque > /out && echo gone > /opt/opaque/file && echo gone > /fresh/file",
  {
    network: "none",
    mounts: [
      { type: "tmpfs", target: "/opt/opaque" },
      { type: "tmpfs", target: "/fresh", sizeBytes: 1 << 20 },
    ],
  },
);
