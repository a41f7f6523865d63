import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout).run("mkdir -p /a/b/c /opt/old/new && mkdir -m 700 /closed", {
  network: "none",
});
