import { Image } from "layerwright";

export const parent = Image.scratch()
  .write("/etc/passwd", "root:x:0:0:root:/root:/sbin/nologin\nweb:x:1000:1000:web:/:/sbin/nologin\n")
  .write("/etc/group", "root:x:0:\nweb:x:1000:\n")
  .mkdir("/tmp", { mode: 0o1777 })
  .write("/etc/motd", "the parent\n");
