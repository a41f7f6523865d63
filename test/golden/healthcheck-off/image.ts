import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout).healthcheck(null).expose("9000/udp").label("org.example.base", "changed");
