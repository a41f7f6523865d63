import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout).entrypoint(["/bin/ls"]).env("LANG", "C").env("NEW", "1");
