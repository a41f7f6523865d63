import { Image } from "layerwright";

export default Image.scratch()
  .copy("tree", "/tree")
  .chown("/tree", "1000:1001", { recursive: true })
  .write("/one", "1\n")
  .chown("/one", 7);
