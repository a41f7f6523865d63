import { Image } from "layerwright";

export default Image.scratch()
  .copy("[ot]*.txt", "/top/")
  .copy("docs/deep/*.md", "/docs/")
  .copy("data/file_?.bin", "/data/")
  .copy("data/[ab].dat", "/letters/");
