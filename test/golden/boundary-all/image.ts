import { Image } from "layerwright";
import { layoutSmall } from "../local-bases.js";

const parent = Image.from(layoutSmall).write("/parent/a", "1\n").env("P", "1").squash("own");

export default Image.from(parent).write("/child/a", "1\n").volume("/v").squash("all");
