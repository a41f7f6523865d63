import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout).run("ls /sys/class/net > /interfaces", { network: "none" });
