import { Image, type Recipe } from "layerwright";

const motd =
  (text: string): Recipe =>
  (image) =>
    image.write("/etc/motd", `${text}\n`).write("/etc/issue", `${text}\n`).label("motd", text);
const debug: Recipe = (image) => image.write("/etc/debug", "on\n").env("DEBUG", "1");

export default Image.scratch().with(motd("hello")).when(true, debug).when(false, motd("never")).cmd(["/app"]);
