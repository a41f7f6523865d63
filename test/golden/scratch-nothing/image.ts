import { Image } from "layerwright";

export default Image.scratch().label("empty", "yes");
