import { Base, Image } from "layerwright";

const debian = Base.registry("layerwright.test/base:v1", { folders: ["/srv", "/usr", "/usr/bin"] });

export default Image.from(debian)
  .copy("site", "/srv/")
  .write("/usr/bin/start", "#!/bin/sh\n", { mode: 0o755 })
  .squash("own");
