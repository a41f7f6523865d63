import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout).workdir("/lib/app").write("plugin.so", "p\n").workdir("/var/mail/box");
