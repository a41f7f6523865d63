import { Image } from "layerwright";

export default Image.scratch()
  .mkdir("/tmp", { mode: 0o1777 })
  .mkdir("/var/mail", { mode: "2775", owner: "0:8" })
  .mkdir("/a/b/c/private", { mode: 0o700, owner: 65532 })
  .mkdir("/a/b")
  .mkdir("/symbolic", { mode: "g+w,o-rx" });
