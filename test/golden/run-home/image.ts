import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .run('echo "$HOME" > /root-home', { network: "none" })
  .run('echo "$HOME" > /tmp/app-home', { network: "none", user: "app" })
  .run('echo "$HOME" > /tmp/nobody-home', { network: "none", user: 4711 })
  .run('echo "$HOME" > /tmp/own-home', { network: "none", user: "app", env: { HOME: "/elsewhere" } });
