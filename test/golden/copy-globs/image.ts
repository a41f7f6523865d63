import { Image } from "layerwright";

export default Image.scratch()
  .copy("*.txt", "/top/")
  .copy("docs/**/*.md", "/docs/")
  .copy("data/file-?.bin", "/data/")
  .copy("data/[ab].dat", "/letters/");
