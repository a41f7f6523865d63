import { Image } from "layerwright";
import { CLEANED } from "./cleaned-at-once.mjs";

export const cleanedLater = {
  id: "c",
  title: "nginx, cleaned in later steps",
  naive: `FROM debian:bookworm
RUN apt-get update
RUN apt-get install -y nginx
RUN apt-get clean
RUN rm -rf /var/lib/apt/lists/*
`,
  best: CLEANED,
  ours: (base) =>
    Image.from(base)
      .run("apt-get update")
      .run("apt-get install -y nginx")
      .run("apt-get clean")
      .run("rm -rf /var/lib/apt/lists/*"),
  why: "A later step cannot take bytes out of an earlier layer, so the naive file gains nothing. Ours are the same four commands; joined into one layer they do what was meant.",
};
