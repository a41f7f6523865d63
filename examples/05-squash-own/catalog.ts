// New here: squash("own") makes one layer of this image's steps, over a base that stays shared and untouched.
import { Catalog, Image } from "layerwright";
import { parent } from "./parent.js";

const app = Image.from(parent)
  .copy("app/", "/opt/app/")
  .write("/opt/app/start", "#!/bin/sh\nexec /opt/app/main\n", { mode: 0o755, owner: "web" })
  .write("/etc/motd", "the app\n")
  .write("/tmp/app/ready", "below a sticky folder\n", { owner: "web" })
  .user("web")
  .squash("own");

export default new Catalog("examples", { parent, app }, { platforms: ["linux/amd64"] });
