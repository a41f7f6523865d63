import { Image } from "layerwright";
import { layout } from "../local-bases.js";

const parent = Image.from(layout)
  .env("FROM_PARENT", "yes")
  .run('echo "$FROM_PARENT" > /shared', { network: "none" });

export default Image.from(parent).run("cat /shared >> /own && rm /shared", { network: "none" });
