import { Image } from "layerwright";
import { layoutSmall } from "../local-bases.js";

export default Image.from(layoutSmall).env("ONLY", "config").user("0:0").workdir("/").cmd(["/only"]);
