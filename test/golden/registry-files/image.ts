import { Base, Image } from "layerwright";

const debian = Base.registry("layerwright.test/base:v1", { folders: ["/usr", "/usr/bin", "/srv"] });

export default Image.from(debian)
  .copy("site", "/srv/site", { owner: 33 })
  .write("/usr/bin/start", "#!/bin/sh\n", { mode: 0o755 })
  .expose(80);
