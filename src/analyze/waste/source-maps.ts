import type { PathKind } from "./path-kind.js";

const NAME = /\.(?:[cm]?[jt]sx?|css)\.map$/;

/** Maps from built JavaScript and CSS to its sources. */
export const sourceMaps: PathKind = {
  kind: "source-map",
  recognize(path) {
    if (!NAME.test(path)) return undefined;
    const advice =
      "build without source maps, or remove them in the command that builds: find . -name '*.map' -delete";
    return { what: "source maps", exclude: "**/*.map", advice };
  },
};
