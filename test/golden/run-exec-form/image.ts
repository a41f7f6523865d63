import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .run(["/bin/touch", "/a name with blanks", "/$HOME", "/it's"], { network: "none" })
  .run(["sh", "-c", 'echo "$0" "$1" > /arguments', "zero", "one 'and' \"two\""], { network: "none" });
