import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .env("GREETING", "hello $world")
  .workdir("/work")
  .copy("input", "input", { mode: 0o600 })
  .run('cat input > output && echo "$GREETING" >> output')
  .user("www-data")
  .run(["/bin/sh", "-c", "id -u > /tmp/uid"]);
