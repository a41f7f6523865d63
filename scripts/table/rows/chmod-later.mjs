import { closeSync, ftruncateSync, openSync } from "node:fs";
import { join } from "node:path";
import { Image } from "layerwright";

const GIGABYTE = 1_000_000_000;

export const chmodLater = {
  id: "d",
  title: "a file of 1 GB, its mode changed in a later step",
  prepare(folder) {
    const file = openSync(join(folder, "big"), "w", 0o644);
    ftruncateSync(file, GIGABYTE);
    closeSync(file);
  },
  naive: `FROM debian:bookworm
COPY big /srv/big
RUN chmod 0444 /srv/big
`,
  best: `FROM debian:bookworm
COPY --chmod=0444 big /srv/big
`,
  ours: (base) => Image.from(base).copy("big", "/srv/big").chmod("/srv/big", 0o444),
  why: "The mode becomes part of the copy: one layer with the file in it once. (The file holds zeros, which is why it compresses to so little.)",
};
