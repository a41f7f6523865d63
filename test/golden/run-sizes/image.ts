import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout).run(
  "busybox truncate -s 3000000 /sparse && busybox dd if=/dev/zero of=/zeros bs=1000 count=700 2> /dev/null && : > /empty",
  { network: "none" },
);
