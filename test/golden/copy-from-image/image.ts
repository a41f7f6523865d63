import { Image } from "layerwright";

const build = Image.scratch()
  .write("/out/app", "#!/bin/sh\n", { mode: 0o750, owner: "3:4" })
  .write("/out/lib/part", "part\n", { owner: 9 })
  .symlink("part", "/out/lib/link")
  .mkdir("/out/cache", { mode: 0o2775, owner: "0:8" });

export default Image.scratch()
  .copy(build.path("/out/app"), "/usr/bin/app")
  .copy(build.path("/out"), "/opt/all")
  .copy(build.path("/out/lib"), "/opt/mine/", { owner: 65532 })
  .copy(build.path("/out/app"), "/opt/app", { owner: 0, mode: 0o4711 });
