import { Image } from "layerwright";
import { layout } from "../local-bases.js";

const tools = Image.from(layout);

export default Image.scratch()
  .copy(tools.path("/usr/bin"), "/usr/bin")
  .copy(tools.path("/etc/passwd"), "/etc/passwd")
  .copy(tools.path("/home/app"), "/home/app/");
