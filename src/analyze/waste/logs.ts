import type { PathKind } from "./path-kind.js";

const PLACE = /^var\/log\//;
/** Logs that tools write beside what they work on: npm, yarn, pnpm, and gems with a native part. */
const NAME =
  /(?:^|\/)(npm-debug\.log|yarn-(?:debug|error)\.log|pnpm-debug\.log|gem_make\.out|mkmf\.log)(?:\.\d+)?$/;

/** What was logged while the image was made. */
export const logs: PathKind = {
  kind: "log",
  recognize(path) {
    const name = NAME.exec(path)?.[1];
    if (name === undefined && !PLACE.test(path)) return undefined;
    return {
      what: "written while the image was made",
      exclude: name === undefined ? "**/var/log" : `**/${name}*`,
      advice: "remove it in the command that writes it, or install with a recipe such as apt.install(...)",
    };
  },
};
