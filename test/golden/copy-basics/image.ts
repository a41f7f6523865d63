import { Image } from "layerwright";

export default Image.scratch()
  .copy("app.conf", "/etc/app.conf")
  .copy("app.conf", "/etc/app/")
  .copy("site", "/srv/site")
  .copy("site/", "/srv/other/")
  .copy(["app.conf", "run.sh"], "/opt/");
