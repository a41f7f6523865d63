import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .run("echo 1 > /shared/kept && echo 2 > /private/kept && echo 3 > /var/locked/kept && cat /*/kept > /out", {
    network: "none",
    mounts: [
      { type: "cache", target: "/shared", id: "golden-shared" },
      { type: "cache", target: "/private", id: "golden-private", sharing: "private" },
      { type: "cache", target: "/var/locked", id: "golden-locked", sharing: "locked" },
    ],
  })
  .run("cat /elsewhere/kept > /again", {
    network: "none",
    mounts: [{ type: "cache", target: "/elsewhere", id: "golden-shared" }],
  });
