import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .user("app")
  .run("touch /home/app/made && id -u > /tmp/who", { network: "none" })
  .user("www-data:mail")
  .run("id -g >> /tmp/www", { network: "none" })
  .run("id -u > /who", { network: "none", user: 0 });
