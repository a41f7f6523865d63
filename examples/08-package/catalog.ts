// New here: a package of a distribution, without what the package manager leaves behind (as a Dockerfile).
import { apt, Catalog, Image } from "layerwright";

const nginx = Image.from("debian:bookworm-slim")
  .with(apt.install("nginx"))
  .copy("site/", "/var/www/html/", { owner: "www-data", mode: "u=rwX,go=rX" })
  .expose(80)
  .stopSignal("SIGQUIT")
  .entrypoint(["nginx", "-g", "daemon off;"]);

export default new Catalog("examples", { nginx }, { platforms: ["linux/amd64"] });
