import type { RuntimeConfig } from "../../oci/image-config.js";
import { debianDocumentation, leftovers, type ManagerName } from "../../recipes/leftovers.js";
import { lastCopy, type StoredContent } from "./stored-content.js";
import type { WasteKind } from "./waste-report.js";
import { placeOf, type Wasted, type Writer } from "./wasted.js";

/** A kind of waste that is told by the name of a file. */
interface PathKind {
  readonly kind: WasteKind;
  /** Describes a file of this kind; undefined for all others. The path has no leading slash. */
  recognize(path: string): PathMatch | undefined;
}

/** A file that is waste by its name, and how to build an image without it. */
interface PathMatch {
  /** A few words about the file. */
  readonly what: string;
  /** The pattern that keeps it out of a copy. */
  readonly exclude: string;
  /** The way to avoid it where it was not copied, in one line. */
  readonly advice: string;
}

/**
 * Returns a function that finds the kind of a file by its names; of the kinds that fit, the first counts. All names of a
 * file must be of the kind, since a cache may share its files with what was installed.
 */
export function pathKinds(config: RuntimeConfig): (content: StoredContent) => Wasted | undefined {
  const kinds = [
    versionControl,
    packageCaches,
    crashDumps,
    temporaryFiles,
    logs,
    sourceMaps,
    nodeModules,
    documentation,
    localesBut(config),
    bytecode,
    backups,
  ];
  return (content) => {
    for (const { kind, recognize } of kinds) {
      const { names } = lastCopy(content);
      const path = names[0]!;
      const match = recognize(path);
      if (match === undefined || !names.slice(1).every((name) => recognize(name) !== undefined)) continue;
      const fix = (writer: Writer) => fixOf(writer, match);
      return { kind, what: match.what, place: placeOf(content), bytes: content.entry.size, path, fix };
    }
    return undefined;
  };
}

function fixOf({ step }: Writer, { exclude, advice }: PathMatch): string {
  if (step === "base") return "the base brings it: take a base without it";
  if (step === "write") return "do not write it into the image";
  if (step === "copy") return `leave it out of the copy: exclude: [${JSON.stringify(exclude)}]`;
  return advice;
}

function kindOf(
  kind: WasteKind,
  pattern: RegExp,
  describe: (match: RegExpExecArray) => PathMatch | undefined,
): PathKind {
  return {
    kind,
    recognize(path) {
      const match = pattern.exec(path);
      return match === null ? undefined : describe(match);
    },
  };
}

/** The directories of version control; `.git` is a file in a work tree or submodule. */
const versionControl = kindOf(
  "version-control",
  /(?:^|\/)(\.git|\.svn|\.hg|\.bzr|_darcs|CVS)(?:\/|$)/,
  ([, name]) => ({
    what: name!,
    exclude: `**/${name}`,
    advice: `remove ${name} in the command that fetches it, or take an archive: add(url, dest)`,
  }),
);

/** Dumps by the names that kernels, Valgrind, Java and Node give them; a file named `core` alone can be anything. */
const crashDumps = kindOf(
  "crash-dump",
  /^(?:.*\/)?(core\.\d+|vgcore\.\d+|hs_err_pid\d+\.log|java_pid\d+\.hprof|Heap[.-][^/]*\.heapsnapshot)$|^var\/(?:crash|lib\/systemd\/coredump|lib\/apport\/coredump)\//s,
  ([place, name]) => ({
    what: "dumps of crashed programs",
    exclude: name === undefined ? `**/${place}` : `**/${name.replace(/\d+/g, "*")}`,
    advice: "remove it in the command that crashes",
  }),
);

/** The contents of the directories for temporary files. */
const temporaryFiles = kindOf("temporary", /^(tmp|var\/tmp)\//, ([, directory]) => ({
  what: `left in /${directory}`,
  exclude: `**/${directory}`,
  advice: `remove it in the command that makes it, or mount a tmpfs at /${directory}: mounts: [{ type: "tmpfs", target: "/${directory}" }]`,
}));

/** Logs of the system, and those that npm, yarn, pnpm and gems with a native part write beside their work. */
const logs = kindOf(
  "log",
  /^(?:.*\/)?(npm-debug\.log|yarn-(?:debug|error)\.log|pnpm-debug\.log|gem_make\.out|mkmf\.log)(?:\.\d+)?$|^var\/log\//s,
  ([, name]) => ({
    what: "written while the image was made",
    exclude: name === undefined ? "**/var/log" : `**/${name}*`,
    advice: "remove it in the command that writes it, or install with a recipe such as apt.install(...)",
  }),
);

/** Maps from built JavaScript and CSS to its sources. */
const sourceMaps = kindOf("source-map", /\.(?:[cm]?[jt]sx?|css)\.map$/, () => ({
  what: "source maps",
  exclude: "**/*.map",
  advice:
    "build without source maps, or remove them in the command that builds: find . -name '*.map' -delete",
}));

/** Python's compiled modules, which it makes again when they are missing. */
const bytecode = kindOf("bytecode", /(?:^|\/)__pycache__\//, () => ({
  what: "compiled Python modules, which only make a start faster",
  exclude: "**/__pycache__",
  advice:
    "pip.install(..., { bytecode: false }), or PYTHONDONTWRITEBYTECODE=1; each start then compiles what it imports",
}));

const documents = debianDocumentation.exclude.map((pattern) => pattern.replace(/^.*\/([^/]+)\/\*$/, "$1"));
/** Most licenses ask for their text. */
const KEPT = /\/(?:copyright|licen[cs]e|copying|notice)[^/]*$/i;

const documentation = kindOf(
  "documentation",
  new RegExp(`^usr/(?:local/)?share/(${[...documents, "help"].join("|")})/`),
  ({ input, 1: directory }) => {
    if (KEPT.test(input)) return undefined;
    return {
      what: "manual pages and documents",
      exclude: `**/share/${directory}`,
      advice:
        "apt.install(...) and dnf.install(...) leave it out; else remove it in the command that installs",
    };
  },
);

/** Each with the pattern that names it. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/[^/]~$/, "**/*~"],
  [/(?:^|\/)\.[^/]+\.sw[opn]$/, "**/.*.sw?"],
  [/(?:^|\/)#[^/]+#$/, "**/#*#"],
  [/[^/]\.bak$/, "**/*.bak"],
  [/[^/]\.orig$/, "**/*.orig"],
  [/[^/]\.rej$/, "**/*.rej"],
  [/\.dpkg-(?:old|dist|new|tmp)$/, "**/*.dpkg-*"],
  [/\.rpm(?:save|orig|new)$/, "**/*.rpm*"],
  [/(?:^|\/)\.DS_Store$/, "**/.DS_Store"],
  [/(?:^|\/)Thumbs\.db$/, "**/Thumbs.db"],
  [/^etc\/(?:passwd|shadow|group|gshadow|subuid|subgid)-$/, "**/etc/*-"],
];

/** Copies that editors, package managers and desktops leave. */
const backups: PathKind = {
  kind: "backup",
  recognize(path) {
    const found = NAMES.find(([name]) => name.test(path));
    if (found === undefined) return undefined;
    const advice = "remove it in the command that makes it";
    return { what: "copies that editors and tools left", exclude: found[1], advice };
  },
};

const TRANSLATION = /^usr\/(?:local\/)?(?:share|lib)\/locale\/([A-Za-z][^/]*)\//;
/** The sources of locales, and the archive of compiled ones. */
const DEFINITIONS = /^usr\/(?:share\/i18n|lib\/locale\/locale-archive)(?:\/|$)/;
const VARIABLE = /^(?:LANG|LANGUAGE|LC_[A-Z]+)=(.+)$/;

/** Translations and locales of languages that the image's own variables do not ask for. */
function localesBut({ Env = [] }: RuntimeConfig): PathKind {
  const kept = new Set(["C", "POSIX"]);
  for (const variable of Env) {
    for (const locale of VARIABLE.exec(variable)?.[1]?.split(":") ?? []) kept.add(languageOf(locale));
  }
  const asksForNone = kept.size === 2;
  return {
    kind: "locale",
    recognize(path) {
      const locale = TRANSLATION.exec(path)?.[1];
      const found =
        locale === undefined ? asksForNone && DEFINITIONS.test(path) : !kept.has(languageOf(locale));
      if (!found) return undefined;
      return {
        what: "languages that no variable of the image asks for",
        exclude: "**/locale",
        advice: "remove them in the command that installs: rm -rf /usr/share/locale/*",
      };
    },
  };
}

function languageOf(locale: string): string {
  return locale.split(/[_.@]/)[0]!;
}

/** The directory of a package: deeper down, a directory `doc` or `test` can be a part of the program. */
const PACKAGE = /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/@.][^/]*\//g;
const MODULES_DIRECTORY =
  /^(tests?|__tests__|specs?|examples?|docs?|benchmarks?|bench|coverage|\.github|\.vscode|\.idea|\.circleci|\.nyc_output)\//;
const SOURCE_NAME =
  /(?:^|\/)(?:(?:readme|changelog|changes|history|contributing|security|code_of_conduct)(?:\.(?:txt|rst))?|[^/]+\.(?:md|markdown)|[^/]+\.(?:test|spec)\.[cm]?[jt]sx?|tsconfig[^/]*\.json|\.(?:eslint|prettier|jshint|babel)[^/]*|\.(?:editorconfig|npmignore|travis\.yml)|[^/]+\.tsbuildinfo)$/i;
const DECLARATIONS = /\.d\.[cm]?ts$/;
const ADVICE = "bundle the program, or remove them in the command that installs the packages";

/** Files of Node's packages that no program loads. Licenses stay. */
const nodeModules: PathKind = {
  kind: "node-modules",
  recognize(path) {
    const inside = insidePackage(path);
    if (inside === undefined) return undefined;
    if (DECLARATIONS.test(inside)) {
      return { what: "type declarations of packages", exclude: "**/node_modules/**/*.d.ts", advice: ADVICE };
    }
    const directory = MODULES_DIRECTORY.exec(inside)?.[1];
    if (directory !== undefined) {
      const exclude = `**/node_modules/*/${directory}`;
      return { what: "tests, examples and documents of packages", exclude, advice: ADVICE };
    }
    if (!SOURCE_NAME.test(inside)) return undefined;
    const name = inside.slice(inside.lastIndexOf("/") + 1);
    const exclude = `**/node_modules/**/${/\.(md|markdown)$/.test(name) ? "*.md" : name}`;
    return { what: "tests, examples and documents of packages", exclude, advice: ADVICE };
  },
};

/** Returns the path below the innermost package. */
function insidePackage(path: string): string | undefined {
  if (!path.includes("node_modules/")) return undefined;
  let end: number | undefined;
  for (const match of path.matchAll(PACKAGE)) end = match.index + match[0].length;
  return end === undefined ? undefined : path.slice(end);
}

/** A place where a package manager leaves something, as an expression over paths without a leading slash. */
export interface LeftoverPattern {
  readonly manager: ManagerName;
  /** `cache`: downloads, lists, indexes; `rest`: backups and caches of tools that an installation starts. */
  readonly part: "cache" | "rest";
  readonly expression: RegExp;
  /** The place as a pattern of a copy's `exclude`. */
  readonly exclude: string;
}

const CARGO_HOME = "$" + "{CARGO_HOME:-$" + "{HOME:-/root}/.cargo}";

/** Returns the places of package managers that recipes and passes know, for any home directory. */
export function leftoverPatterns(): readonly LeftoverPattern[] {
  return Object.entries(leftovers).flatMap(([name, places]) => {
    const manager = name as ManagerName;
    const cache: readonly string[] = [
      ...places.cache,
      ...("beside" in places ? places.beside : []),
      ...places.mounts,
    ];
    const rest: readonly string[] = "rest" in places ? places.rest : [];
    return [
      ...cache.flatMap((word) => patternOf(word, manager, "cache")),
      ...rest.flatMap((word) => patternOf(word, manager, "rest")),
    ];
  });
}

function patternOf(word: string, manager: ManagerName, part: "cache" | "rest"): LeftoverPattern[] {
  const place = word
    .replaceAll('"', "")
    .replace(CARGO_HOME, "**/?cargo")
    .replace(/^\$\{[A-Z_]+:-\$\{HOME:-\/root\}\/([^}]*)\}/, "**/$1")
    .replace(/^(\$\{HOME:-\/root\}|\/root)\//, "**/")
    .replace(/^\$\(gem env gemdir\)\//, "**/")
    .replace(/^\/go\//, "**/go/");
  // What only the manager could say has its usual place among the mounts.
  if (place.includes("$")) return [];
  const anywhere = place.startsWith("**/");
  const body = place
    .slice(anywhere ? 3 : 1)
    .split("/")
    .map((name) =>
      name
        .replace(/[.+^$(){}|[\]\\]/g, "\\$&")
        .replaceAll("?", "\\.?")
        .replaceAll("*", "[^/]*"),
    )
    .join("/");
  const expression = new RegExp(`${anywhere ? "(?:^|/)" : "^"}${body}(?:/|$)`);
  return [{ manager, part, expression, exclude: place.replace("?", "*").replace(/^\//, "**/") }];
}

/** The recipes that leave nothing behind, where they are not called `install`. */
const RECIPES: Readonly<Partial<Record<ManagerName, string>>> = {
  uv: "uv.sync()",
  npm: "npm.ci()",
  pnpm: "pnpm.ci()",
  yarn: "yarn.ci()",
  composer: "composer.install()",
  go: "go.build(...)",
  cargo: "cargo.build(...)",
};

const patterns = leftoverPatterns();
/** All places in one expression, which most paths fail at once. */
const anyPattern = new RegExp(patterns.map(({ expression }) => expression.source).join("|"));

/** The downloads that package managers keep, and the leftovers of tools that they start. */
const packageCaches: PathKind = {
  kind: "package-cache",
  recognize(path) {
    if (!anyPattern.test(path)) return undefined;
    const found = patterns.find(({ expression }) => expression.test(path));
    if (found === undefined) return undefined;
    const { manager, part, exclude } = found;
    if (part === "rest") {
      const advice = "install with a recipe such as apt.install(...), which removes them in the same layer";
      return { what: "left by an installation", exclude, advice };
    }
    const advice = `${RECIPES[manager] ?? `${manager}.install(...)`} leaves none in the layer; in a run of your own, mounts: [{ type: "cache", ... }]`;
    return { what: `downloads and caches of ${manager}`, exclude, advice };
  },
};
