// New here: commands. They run in the direct build too, in a sandbox of their own, and what they change is a layer.
import { Catalog, Image } from "layerwright";
import { shell } from "../shell/shell.js";

const words = Image.from(shell)
  .copy("words.txt", "/srv/words.txt")
  .run("sort -u /srv/words.txt > /srv/sorted.txt") // a text goes to the image's shell
  .run(["cp", "sorted.txt", "again.txt"], { workdir: "/srv" }) // an array is run as it is
  .mkdir("/home", { owner: "app" })
  .run('echo "made by $WHO" > /home/made-by.txt', { user: "app", env: { WHO: "app" } }) // for this command only
  .cmd(["cat", "/srv/sorted.txt"]);

export default new Catalog("examples", { words }, { platforms: ["linux/amd64"] });
