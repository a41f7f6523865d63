import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .env({ GREETING: "hello $world", EMPTY: "" })
  .run('echo "$GREETING|$EMPTY|$ONLY_HERE|$LANG|$PATH|$HOME" > /first', {
    network: "none",
    env: { ONLY_HERE: "two words", LANG: "C" },
  })
  .run('echo "$GREETING|$ONLY_HERE|$LANG" > /second', { network: "none" });
