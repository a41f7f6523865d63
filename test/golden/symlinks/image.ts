import { Image } from "layerwright";

export default Image.scratch()
  .write("/opt/tool/bin/tool", "#!/bin/sh\n", { mode: 0o755 })
  .symlink("/opt/tool/bin/tool", "/usr/bin/tool")
  .symlink("../opt", "/usr/up")
  .symlink("does not/exist", "/dangling")
  .symlink("owned", "/owned-link", { owner: "1000:1000" });
