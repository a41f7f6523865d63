import { Image } from "layerwright";

export default Image.scratch()
  .copy("a b", "/1")
  .copy("#hash", "/2")
  .copy("$var", "/3")
  .copy("q'q", "/4")
  .copy("ü☃", "/5")
  .copy("--from=x", "/7")
  .copy("dir with space/", "/8/");
