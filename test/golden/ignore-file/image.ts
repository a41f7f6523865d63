import { Image } from "layerwright";

export default Image.scratch().copy("app", "/app").copy("*.md", "/docs/");
