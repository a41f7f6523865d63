import { Image } from "layerwright";

export default Image.scratch()
  .copy("tree", "/tree")
  .write("/scrap", "gone\n")
  .remove("/scrap")
  .remove("/tree/drop");
