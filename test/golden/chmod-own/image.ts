import { Image } from "layerwright";

export default Image.scratch()
  .copy("tree", "/tree")
  .chmod("/tree/tool", 0o700)
  .chmod("/tree", "g+w", { recursive: true })
  .write("/one", "1\n")
  .chmod("/one", "u+s,a+x");
