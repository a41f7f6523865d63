import { Image } from "layerwright";

const build = Image.scratch().write("/out/app", "#!/bin/sh\n", { mode: 0o750, owner: "3:4" });

export default Image.scratch().copy(build.path("/out"), "/opt/", { mode: "a+r" });
