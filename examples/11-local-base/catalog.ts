// New here: a base that lies on disk (an OCI layout), which neither synthesis needs a registry for.
import { Base, Catalog, Image } from "layerwright";

const base = Base.layout("base", { tag: "v1" });

const app = Image.from(base)
  .copy("app/", "/opt/app/", { owner: "app" })
  .write("/etc/motd", "the app\n")
  .workdir("/opt/app")
  .user("app")
  .squash("own");

export default new Catalog("examples", { app }, { platforms: ["linux/amd64"] });
