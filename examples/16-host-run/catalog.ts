// New here: a tool of this machine fills the image, so the tool is never in it. In a Dockerfile the result is a tar.
import { Catalog, Image } from "layerwright";

const numbers = Image.scratch().hostRun([
  "sh",
  "-ec",
  'mkdir -p "$ROOT/srv" && seq 1 1000 > "$ROOT/srv/numbers.txt"',
]);

export default new Catalog("examples", { numbers }, { platforms: ["linux/amd64"] });
