import { Image } from "layerwright";
import { layout } from "../local-bases.js";

export default Image.from(layout).run(
  `mkdir /odd && cd /odd && touch 'a b' "it's" '"quoted"' '*' '?' '\\back' ' lead' 'trail ' -- -dash && printf x > "$(printf 'new\\nline')" && printf y > "$(printf 'latin-\\351')" && printf z > 'grüße ☃'`,
  { network: "none" },
);
