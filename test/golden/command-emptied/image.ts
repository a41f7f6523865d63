import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout).cmd([]).entrypoint([]).write("/x", "x\n");
