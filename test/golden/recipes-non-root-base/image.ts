import { Image, nonRoot, tmpDir } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .with(tmpDir())
  .with(nonRoot({ uid: 1000, gid: 1001 }));
