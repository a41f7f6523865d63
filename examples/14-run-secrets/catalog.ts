// New here: a secret, which is in no layer, history, cache key or log: `layerwright build --secret id=token,src=FILE`.
import { Catalog, Image } from "layerwright";
import { shell } from "../shell/shell.js";

const fetched = Image.from(shell).run(
  "if [ -s /run/secrets/token ]; then echo with a token; else echo without; fi > /fetched.txt",
  { mounts: [{ type: "secret", id: "token" }] },
);

export default new Catalog("examples", { fetched }, { platforms: ["linux/amd64"] });
