import { Image } from "layerwright";

export default Image.scratch()
  .copy("tree", "/tree")
  .write("/tree/a", "ours\n", { mode: 0o600 })
  .copy("other", "/tree")
  .write("/tree/a", "ours again\n");
