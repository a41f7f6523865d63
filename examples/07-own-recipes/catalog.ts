// New here: patterns of one's own. A recipe is a function; `with` makes one layer of it, `layer` names one.
import { Catalog, Image } from "layerwright";
import { configured, labelled } from "./recipes.js";

const debug = false;

const app = Image.scratch()
  .with(configured("app", { port: 8080, workers: 2 }))
  .layer("the program", (image) =>
    image.copy("app/main", "/opt/app/main", { mode: 0o755 }).symlink("/opt/app/main", "/usr/bin/app"),
  )
  .when(debug, (image) => image.env("DEBUG", "1"))
  .with(labelled)
  .cmd(["/usr/bin/app"]);

export default new Catalog("examples", { app }, { platforms: ["linux/amd64"] });
