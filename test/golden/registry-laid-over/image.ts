import { Base, Image } from "layerwright";

const base = Base.registry("layerwright.test/base:v1", { folders: ["/usr", "/usr/bin"] });

// Nothing here depends on what is in the base: files are laid over whatever is there.
export default Image.from(base)
  .write("/hello.txt", "hello\n")
  .write("/usr/bin/hello", "#!/bin/sh\necho hello\n", { mode: 0o755, owner: "33:33" })
  .env("LANG", "C.UTF-8")
  .cmd(["/usr/bin/hello"]);
