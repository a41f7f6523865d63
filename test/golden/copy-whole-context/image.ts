import { Image } from "layerwright";

export default Image.scratch().workdir("/src").copy(".", ".").write("/src/generated", "made\n");
