import { Image } from "layerwright";
import { layout } from "../local-bases.js";

const tools = Image.from(layout);

export default Image.scratch()
  .copy(tools.path("/bin"), "/bin")
  .run("echo bare > /made; mkdir -p /etc/app; echo 1 > /etc/app/conf", { network: "none" });
