import { Image } from "layerwright";

export default Image.scratch()
  .copy("tree/tool", "/bin/tool")
  .chmod("/bin/tool", 0o700)
  .copy("tree", "/tree")
  .chmod("/tree", "u=rwX,go=rX", { recursive: true })
  .write("/one", "1\n")
  .chmod("/one", "u+s,a+x")
  .mkdir("/spool")
  .chmod("/spool", 0o1777);
