import { Image } from "layerwright";

const tree = Image.scratch().mkdir("/tree/empty/er").mkdir("/tree/locked", { mode: 0o700, owner: 5 });

export default Image.scratch().copy(tree.path("/tree"), "/data").mkdir("/data/own");
