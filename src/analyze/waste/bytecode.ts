import type { PathKind } from "./path-kind.js";

const PLACE = /(?:^|\/)__pycache__\//;

/** Python's compiled modules, which it makes again when they are missing. */
export const bytecode: PathKind = {
  kind: "bytecode",
  recognize(path) {
    if (!PLACE.test(path)) return undefined;
    const advice =
      "pip.install(..., { bytecode: false }), or PYTHONDONTWRITEBYTECODE=1; each start then compiles what it imports";
    return {
      what: "compiled Python modules, which only make a start faster",
      exclude: "**/__pycache__",
      advice,
    };
  },
};
