import type { PathKind } from "./path-kind.js";

/** Only right in the folder of a package: deeper down, a folder `doc` or `test` can be a part of the program. */
const PACKAGE = /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/@.][^/]*\//g;
const FOLDER =
  /^(tests?|__tests__|specs?|examples?|docs?|benchmarks?|bench|coverage|\.github|\.vscode|\.idea|\.circleci|\.nyc_output)\//;
const NAME =
  /(?:^|\/)(?:(?:readme|changelog|changes|history|contributing|security|code_of_conduct)(?:\.(?:txt|rst))?|[^/]+\.(?:md|markdown)|[^/]+\.(?:test|spec)\.[cm]?[jt]sx?|tsconfig[^/]*\.json|\.(?:eslint|prettier|jshint|babel)[^/]*|\.(?:editorconfig|npmignore|travis\.yml)|[^/]+\.tsbuildinfo)$/i;
const DECLARATIONS = /\.d\.[cm]?ts$/;
const ADVICE = "bundle the program, or remove them in the command that installs the packages";

/** Files of Node's packages that no program loads. Licenses stay. */
export const nodeModules: PathKind = {
  kind: "node-modules",
  recognize(path) {
    const inside = insidePackage(path);
    if (inside === undefined) return undefined;
    if (DECLARATIONS.test(inside)) {
      return { what: "type declarations of packages", exclude: "**/node_modules/**/*.d.ts", advice: ADVICE };
    }
    const folder = FOLDER.exec(inside)?.[1];
    if (folder !== undefined) {
      const exclude = `**/node_modules/*/${folder}`;
      return { what: "tests, examples and documents of packages", exclude, advice: ADVICE };
    }
    if (!NAME.test(inside)) return undefined;
    const name = inside.slice(inside.lastIndexOf("/") + 1);
    const exclude = `**/node_modules/**/${/\.(md|markdown)$/.test(name) ? "*.md" : name}`;
    return { what: "tests, examples and documents of packages", exclude, advice: ADVICE };
  },
};

/** The rest of the path after the innermost package. */
function insidePackage(path: string): string | undefined {
  if (!path.includes("node_modules/")) return undefined;
  let end: number | undefined;
  for (const match of path.matchAll(PACKAGE)) end = match.index + match[0].length;
  return end === undefined ? undefined : path.slice(end);
}
