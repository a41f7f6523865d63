import { Image } from "layerwright";

export default Image.scratch().copy("!not", "/6");
