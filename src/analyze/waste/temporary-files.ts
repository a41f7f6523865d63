import type { PathKind } from "./path-kind.js";

const PLACE = /^(tmp|var\/tmp)\//;

/** What is left in the folders for temporary files. */
export const temporaryFiles: PathKind = {
  kind: "temporary",
  recognize(path) {
    const folder = PLACE.exec(path)?.[1];
    if (folder === undefined) return undefined;
    return {
      what: `left in /${folder}`,
      exclude: `**/${folder}`,
      advice: `remove it in the command that makes it, or mount a tmpfs at /${folder}: mounts: [{ type: "tmpfs", target: "/${folder}" }]`,
    };
  },
};
