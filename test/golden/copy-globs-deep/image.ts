import { Image } from "layerwright";

export default Image.scratch().copy("docs/**/*.md", "/docs/");
