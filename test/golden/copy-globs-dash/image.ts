import { Image } from "layerwright";

export default Image.scratch().copy("file-*.txt", "/files/");
