// New here: an image is the base of another, and owners by name come from that image's own /etc/passwd.
import { Catalog, Image } from "layerwright";
import { server } from "./server.js";

const site = Image.from(server)
  .copy("site/", "/srv/site/", { owner: "web", mode: "u=rwX,go=rX", exclude: ["**/*.draft.html"] })
  .label("org.opencontainers.image.title", "a small site");

export default new Catalog("examples", { server, site }, { platforms: ["linux/amd64"] });
