import { context, Image } from "layerwright";
import { layout } from "../local-bases.js";

const tools = Image.scratch().write("/tool", "from another image\n");
const beside = context("beside", "beside");

export default Image.from(layout).run("cat /a/tool /b/note > /out && ls /scratch && touch /cache/kept", {
  network: "none",
  mounts: [
    { type: "bind", target: "/a", source: tools.path("/") },
    { type: "bind", target: "/b", source: beside.path(".") },
    { type: "tmpfs", target: "/scratch" },
    { type: "cache", target: "/cache", id: "golden", sharing: "locked" },
  ],
});
