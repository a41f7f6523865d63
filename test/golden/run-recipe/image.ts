import { Image, type Recipe } from "layerwright";
import { layout } from "../local-bases.js";

const marked: Recipe = (image) =>
  image.run("echo begun > /mark", { network: "none" }).run("echo ended >> /mark", { network: "none" });

export default Image.from(layout).with(marked).run("cat /mark > /copy", { network: "none" });
