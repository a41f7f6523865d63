import { Image } from "layerwright";

export default Image.scratch()
  .mkdir("/tmp", { mode: 0o1777 })
  .write("/tmp/x/file", "deep\n", { mode: 0o555 })
  .write("/etc/passwd", "root:x:0:0:root:/root:/bin/sh\napp:x:7:8::/:/bin/sh\n")
  .copy("data", "/data", { owner: 7 })
  .squash("own");
