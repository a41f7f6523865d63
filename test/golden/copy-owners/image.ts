import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout)
  .copy("file", "/a/numeric", { owner: 65532 })
  .copy("file", "/b/pair", { owner: "5:6" })
  .copy("file", "/c/name", { owner: "www-data" })
  .copy("file", "/d/name-group", { owner: "www-data:staff" })
  .copy("file", "/e/mixed", { owner: { user: 7, group: "mail" } })
  .copy("tree", "/f/tree", { owner: "app" });
