import { context, Image } from "layerwright";
import { layout } from "../local-bases.js";

const beside = context("beside", "beside");

export default Image.from(layout).run("cat /b/note /b/deep/other > /out", {
  network: "none",
  mounts: [{ type: "bind", target: "/b", source: beside.path("part") }],
});
