import { Image } from "layerwright";

export default Image.scratch()
  .copy("src", "/app/src", { exclude: ["**/*.test.ts", "secret"] })
  .copy("src", "/app/keep", { exclude: ["**/*.ts", "!keep.ts"] });
