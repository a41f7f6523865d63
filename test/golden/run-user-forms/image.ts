import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .run("id -u > /tmp/1 && id -g >> /tmp/1", { network: "none", user: "app" })
  .run("id -u > /tmp/2 && id -g >> /tmp/2", { network: "none", user: 33 })
  .run("id -u > /tmp/3 && id -g >> /tmp/3", { network: "none", user: "app:staff" })
  .run("id -u > /tmp/4 && id -g >> /tmp/4", { network: "none", user: "4711:4712" })
  .run("id -u > /tmp/5 && id -g >> /tmp/5", { network: "none", user: 4711 });
