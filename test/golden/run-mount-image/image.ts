import { Image } from "layerwright";
import { layout } from "../local-bases.js";

const tools = Image.from(layout).run("mkdir /opt/tools && echo tool > /opt/tools/inside", {
  network: "none",
});

export default Image.from(layout).run("cat /tools/inside /single > /out && ls -a /tools >> /out", {
  network: "none",
  mounts: [
    { type: "bind", target: "/tools", source: tools.path("/opt/tools") },
    { type: "bind", target: "/single", source: tools.path("/opt/tools/inside") },
  ],
});
