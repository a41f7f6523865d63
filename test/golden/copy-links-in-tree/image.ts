import { Image } from "layerwright";

export default Image.scratch()
  .copy("tree", "/tree")
  .copy("tree/link", "/followed")
  .copy("tree/up", "/folder/");
