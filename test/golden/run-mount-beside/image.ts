import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout).run("touch /made/beside /opt/old/beside && ls /made/by/mount", {
  network: "none",
  mounts: [
    { type: "tmpfs", target: "/made/by/mount" },
    { type: "tmpfs", target: "/opt/old/mount" },
  ],
});
