import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .env("GREETING", "hello world")
  .workdir("/work")
  .run('echo "$GREETING" > greeting && touch -d @0 greeting', { network: "none" })
  .run(["/bin/sh", "-c", "id -u > /tmp/uid"], { user: "www-data:www", workdir: "/tmp" })
  .run("mkdir -p /made/by/run && chmod 1777 /made && chown 33:34 /made/by", { env: { ONLY_HERE: "1" } });
