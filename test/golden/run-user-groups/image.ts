import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .write("/etc/group", "root:x:0:\nwww:x:34:\nstaff:x:50:mail,app\napp:x:1001:\nextra:x:77:app,www-data\n")
  .run("id -G > /tmp/app", { network: "none", user: "app" })
  .run("id -G > /tmp/app-staff", { network: "none", user: "app:staff" })
  .run("id -G > /tmp/www", { network: "none", user: "www-data" })
  .run("id -G > /tmp/root", { network: "none" });
