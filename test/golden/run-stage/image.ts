import { Image } from "layerwright";
import { layout } from "../local-bases.js";

const build = Image.from(layout)
  .workdir("/src")
  .copy("input", ".")
  .run("mkdir /out && cat input input > /out/tool && ln -s tool /out/link", { network: "none" });

export default Image.scratch()
  .copy(build.path("/out/"), "/app/")
  .copy(build.path("/out/tool"), "/tool", { mode: 0o755, owner: 5 })
  .cmd(["/tool"]);
