import { apt, Image } from "layerwright";
import { installed } from "./cleaned-at-once.mjs";

const APPS = ["nginx", "redis-server", "lighttpd"];

const naive = (name, stage = "") => `FROM debian:bookworm${stage}
RUN apt-get update && apt-get install -y ${name}
`;
const flat = `FROM scratch
COPY --from=all / /
CMD ["bash"]
`;

export const threeShared = {
  id: "h",
  title: "three applications over one base, which is shared",
  naive: APPS.map((name) => naive(name)),
  best: APPS.map((name) => installed(name)),
  ours: (base) => APPS.map((name) => Image.from(base).with(apt.install(name))),
  why: "The sum of all three, the base counted once. Each is as in row b.",
};

export const threeSquashed = {
  id: "h",
  title: "the same three, each squashed with its base",
  naive: APPS.map((name) => `${naive(name, " AS all")}${flat}`),
  best: APPS.map((name) => `${installed(name, " AS all")}${flat}`),
  ours: (base) => APPS.map((name) => Image.from(base).with(apt.install(name)).squash("all")),
  why: "Squashing each takes the base three times. That is why `own` is the policy for images that live together, and `all` has a price tag.",
};
