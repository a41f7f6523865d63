import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .run("mv /usr/bin/ping /usr/bin/pong && chmod 700 /usr/bin/pong", { network: "none" })
  .run("chown app /usr/bin/pong && chown app /usr/bin/su", { network: "none" });
