import { Image } from "layerwright";
import { layout } from "../local-bases.js";

const parent = Image.from(layout).remove("/etc/motd").write("/a", "1\n").write("/b", "2\n").squash("own");

export default Image.from(parent).write("/etc/motd", "back\n").write("/c", "3\n");
