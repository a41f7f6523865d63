import { Image } from "layerwright";

export default Image.scratch()
  .write("/usr/local/bin/start", '#!/bin/sh\nexec "$@"\n', { mode: 0o755 })
  .write("/usr/local/bin/su", "setuid\n", { mode: "4755" })
  .write("/usr/local/bin/symbolic", "#!/bin/sh\n", { mode: "a+x,go-r" })
  .entrypoint(["/usr/local/bin/start"]);
