import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout).remove("/usr/bin/twin-a").squash("all");
