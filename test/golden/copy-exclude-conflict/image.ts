import { Image } from "layerwright";

export default Image.scratch()
  .copy("src", "/some", { exclude: ["secret"] })
  .copy("src", "/all");
