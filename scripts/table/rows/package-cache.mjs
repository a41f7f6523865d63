import { Image } from "layerwright";
import { CLEANED } from "./cleaned-at-once.mjs";

/** The two commands that everybody writes first. */
export const packageCache = {
  id: "a",
  title: "nginx, the package lists kept",
  naive: `FROM debian:bookworm
RUN apt-get update
RUN apt-get install -y nginx
`,
  best: CLEANED,
  ours: (base) => Image.from(base).run("apt-get update").run("apt-get install -y nginx"),
  why: "The same two commands. A pass joins them and removes the lists of apt, its logs and its backups in the layer that made them; the base has removed the archives already.",
};
