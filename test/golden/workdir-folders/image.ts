import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .workdir("/srv")
  .workdir("made/deeper")
  .copy("file", "relative")
  .user("www-data")
  .workdir("/var/app/data")
  .workdir("../other")
  .write("note", "in /var/app/other\n");
