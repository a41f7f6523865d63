import { Image } from "layerwright";

export default Image.scratch()
  .copy("tree/plain", "/a/file", { mode: 0o600 })
  .copy("tree/plain", "/b/setuid", { mode: "4755" })
  .copy("tree", "/c/symbolic", { mode: "u=rwX,go=rX" })
  .copy("tree", "/d/private", { mode: "go-rwx" })
  .copy("tree", "/e/octal", { mode: 0o640, owner: 3 })
  .copy("tree", "/f/none");
