import { Image } from "layerwright";
import { layoutTar } from "../local-bases.js";

export default Image.from(layoutTar)
  .write("/opt/app/start", "#!/bin/sh\n", { mode: 0o755 })
  .copy("site", "/var/www/html", { owner: "www-data" })
  .env("APP", "1")
  .squash("all");
