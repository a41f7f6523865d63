import { Image } from "layerwright";

export default Image.scratch()
  .copy("src", "/app/src", { exclude: ["**/*.test.c", "secret"] })
  .copy("src", "/app/keep", { exclude: ["**/*.c", "!keep.c"] });
