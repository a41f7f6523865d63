import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout).remove("/etc/motd").remove("/opt/opaque").remove("/usr/bin/twin-a");
