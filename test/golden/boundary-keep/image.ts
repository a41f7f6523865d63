import { Image } from "layerwright";
import { layout } from "../local-bases.js";

const parent = Image.from(layout)
  .write("/parent", "1\n")
  .env("PARENT", "1")
  .user("www-data")
  .workdir("/srv/parent");

export default Image.from(parent).write("child", "relative\n").env("CHILD", "1");
