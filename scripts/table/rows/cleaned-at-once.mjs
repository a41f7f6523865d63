import { apt, Image } from "layerwright";

/** What every guide says: clean in the same step. */
export const CLEANED = `FROM debian:bookworm
RUN apt-get update && apt-get install -y nginx && apt-get clean && rm -rf /var/lib/apt/lists/*
`;

/** The most that an expert would write: nothing recommended, no documentation, no logs. */
export const installed = (name, stage = "") => `FROM debian:bookworm${stage}
RUN apt-get update \\
 && DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \\
    -o Dpkg::Options::=--path-exclude=/usr/share/doc/* \\
    -o Dpkg::Options::=--path-include=/usr/share/doc/*/copyright \\
    -o Dpkg::Options::=--path-exclude=/usr/share/man/* \\
    -o Dpkg::Options::=--path-exclude=/usr/share/info/* \\
    ${name} \\
 && apt-get clean && rm -rf /var/lib/apt/lists/* /var/log/apt /var/log/dpkg.log /var/log/alternatives.log
`;

export const cleanedAtOnce = {
  id: "b",
  title: "nginx, cleaned in the same step",
  naive: CLEANED,
  best: installed("nginx"),
  ours: (base) => Image.from(base).with(apt.install("nginx")),
  why: "The recipe installs nothing that is only recommended and no documentation (copyright files stay), and leaves no list, archive, log or backup. Against the best by hand, the backups of dpkg and debconf and the linker's cache are what is left to save.",
};
