import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout).run(
  "d=/long; for i in 1 2 3 4 5 6; do d=$d/folder-with-a-rather-long-name-to-get-past-the-limit-$i; done; mkdir -p $d && echo deep > $d/file && ln -s $d/file /link && ln $d/file $d/hard",
  { network: "none" },
);
