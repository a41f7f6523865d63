import { Image } from "layerwright";

export default Image.scratch().write("/grüße/☃", "u\n").copy("plain", "/grüße/ä").symlink("☃", "/grüße/ß");
