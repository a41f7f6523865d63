import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .shell(["/bin/sh", "-ec"])
  .run("false | true; echo 'quotes \"$0\"' > /one", { network: "none" })
  .run("cat <<'EOF' > /two\nnot $expanded\nEOF\necho more >> /two", { network: "none" });
