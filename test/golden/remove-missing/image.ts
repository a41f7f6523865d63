import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout).write("/x", "x\n").remove("/never/was").remove("/etc/conf.link");
