import { Image } from "layerwright";

export default Image.scratch()
  .copy("src", "/app/src", { exclude: ["**/*.test.c", "secret"] })
  .copy("more", "/app/more", { exclude: ["**/*.c", "!keep.c"] });
