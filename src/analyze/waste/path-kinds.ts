import type { RuntimeConfig } from "../../oci/image-config.js";
import { debianDocumentation } from "../../recipes/leftovers.js";
import { lastCopy, type StoredContent } from "./stored-content.js";
import type { WasteKind } from "./waste-report.js";
import { placeOf, type Wasted, type Writer } from "./wasted.js";

/** A kind of waste that is told by the name of a file. */
export interface PathKind {
  readonly kind: WasteKind;
  /** What a file of this name is; undefined when it is none of these. The path has no leading slash. */
  recognize(path: string): PathMatch | undefined;
}

/** What a file is, and how an image is without it. */
export interface PathMatch {
  /** In a few words. */
  readonly what: string;
  /** The pattern that keeps it out of a copy. */
  readonly exclude: string;
  /** What to do where it was not copied, in one line. */
  readonly advice: string;
}

/** A file of this kind, if every name that it has is of it: a cache may share its files with what was installed. */
export function wastedByPath(content: StoredContent, { kind, recognize }: PathKind): Wasted | undefined {
  const { names } = lastCopy(content);
  const match = recognize(names[0]!);
  if (match === undefined) return undefined;
  for (let at = 1; at < names.length; at++) if (recognize(names[at]!) === undefined) return undefined;
  return {
    kind,
    what: match.what,
    place: placeOf(content),
    bytes: content.entry.size,
    path: names[0]!,
    fix: (writer) => fixOf(writer, match),
  };
}

function fixOf({ step }: Writer, { exclude, advice }: PathMatch): string {
  if (step === "base") return "the base brings it: take a base without it";
  if (step === "write") return "do not write it into the image";
  if (step === "copy") return `leave it out of the copy: exclude: [${JSON.stringify(exclude)}]`;
  return advice;
}

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
export const backups: PathKind = {
  kind: "backup",
  recognize(path) {
    const found = NAMES.find(([name]) => name.test(path));
    if (found === undefined) return undefined;
    const advice = "remove it in the command that makes it";
    return { what: "copies that editors and tools left", exclude: found[1], advice };
  },
};

const BYTECODE_PLACE = /(?:^|\/)__pycache__\//;

/** Python's compiled modules, which it makes again when they are missing. */
export const bytecode: PathKind = {
  kind: "bytecode",
  recognize(path) {
    if (!BYTECODE_PLACE.test(path)) return undefined;
    const advice =
      "pip.install(..., { bytecode: false }), or PYTHONDONTWRITEBYTECODE=1; each start then compiles what it imports";
    return {
      what: "compiled Python modules, which only make a start faster",
      exclude: "**/__pycache__",
      advice,
    };
  },
};

const DUMP_PLACE = /^var\/(crash|lib\/systemd\/coredump|lib\/apport\/coredump)\//;
/** As kernels, Valgrind, Java and Node name them. A file that is named `core` alone can be anything. */
const DUMP_NAME =
  /(?:^|\/)(core\.\d+|vgcore\.\d+|hs_err_pid\d+\.log|java_pid\d+\.hprof|Heap[.-][^/]*\.heapsnapshot)$/;

/** What programs that crashed left. */
export const crashDumps: PathKind = {
  kind: "crash-dump",
  recognize(path) {
    const name = DUMP_NAME.exec(path)?.[1];
    if (name === undefined && !DUMP_PLACE.test(path)) return undefined;
    const exclude =
      name === undefined ? `**/${DUMP_PLACE.exec(path)![0]}` : `**/${name.replace(/\d+/g, "*")}`;
    return { what: "dumps of crashed programs", exclude, advice: "remove it in the command that crashes" };
  },
};

const folders = debianDocumentation.exclude.map((pattern) => pattern.replace(/^.*\/([^/]+)\/\*$/, "$1"));
const DOCUMENT_PLACE = new RegExp(`^usr/(?:local/)?share/(${[...folders, "help"].join("|")})/`);
/** Most licenses ask for their text. */
const KEPT = /\/(?:copyright|licen[cs]e|copying|notice)[^/]*$/i;

/** Manual pages and what else of packages only people read. */
export const documentation: PathKind = {
  kind: "documentation",
  recognize(path) {
    const folder = DOCUMENT_PLACE.exec(path)?.[1];
    if (folder === undefined || KEPT.test(path)) return undefined;
    return {
      what: "manual pages and documents",
      exclude: `**/share/${folder}`,
      advice:
        "apt.install(...) and dnf.install(...) leave it out; else remove it in the command that installs",
    };
  },
};

const TRANSLATION = /^usr\/(?:local\/)?(?:share|lib)\/locale\/([A-Za-z][^/]*)\//;
/** What locales are compiled from, and all that were compiled. */
const DEFINITIONS = /^usr\/(?:share\/i18n|lib\/locale\/locale-archive)(?:\/|$)/;
const VARIABLE = /^(?:LANG|LANGUAGE|LC_[A-Z]+)=(.+)$/;

/** Translations and locales of languages that the image's own variables do not ask for. */
export function localesBut({ Env = [] }: RuntimeConfig): PathKind {
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

const LOG_PLACE = /^var\/log\//;
/** Logs that tools write beside what they work on: npm, yarn, pnpm, and gems with a native part. */
const LOG_NAME =
  /(?:^|\/)(npm-debug\.log|yarn-(?:debug|error)\.log|pnpm-debug\.log|gem_make\.out|mkmf\.log)(?:\.\d+)?$/;

/** What was logged while the image was made. */
export const logs: PathKind = {
  kind: "log",
  recognize(path) {
    const name = LOG_NAME.exec(path)?.[1];
    if (name === undefined && !LOG_PLACE.test(path)) return undefined;
    return {
      what: "written while the image was made",
      exclude: name === undefined ? "**/var/log" : `**/${name}*`,
      advice: "remove it in the command that writes it, or install with a recipe such as apt.install(...)",
    };
  },
};

/** Only right in the folder of a package: deeper down, a folder `doc` or `test` can be a part of the program. */
const PACKAGE = /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/@.][^/]*\//g;
const MODULES_DIRECTORY =
  /^(tests?|__tests__|specs?|examples?|docs?|benchmarks?|bench|coverage|\.github|\.vscode|\.idea|\.circleci|\.nyc_output)\//;
const SOURCE_NAME =
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
    const folder = MODULES_DIRECTORY.exec(inside)?.[1];
    if (folder !== undefined) {
      const exclude = `**/node_modules/*/${folder}`;
      return { what: "tests, examples and documents of packages", exclude, advice: ADVICE };
    }
    if (!SOURCE_NAME.test(inside)) return undefined;
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

const MAP_NAME = /\.(?:[cm]?[jt]sx?|css)\.map$/;

/** Maps from built JavaScript and CSS to its sources. */
export const sourceMaps: PathKind = {
  kind: "source-map",
  recognize(path) {
    if (!MAP_NAME.test(path)) return undefined;
    const advice =
      "build without source maps, or remove them in the command that builds: find . -name '*.map' -delete";
    return { what: "source maps", exclude: "**/*.map", advice };
  },
};

const TEMPORARY_PLACE = /^(tmp|var\/tmp)\//;

/** What is left in the folders for temporary files. */
export const temporaryFiles: PathKind = {
  kind: "temporary",
  recognize(path) {
    const folder = TEMPORARY_PLACE.exec(path)?.[1];
    if (folder === undefined) return undefined;
    return {
      what: `left in /${folder}`,
      exclude: `**/${folder}`,
      advice: `remove it in the command that makes it, or mount a tmpfs at /${folder}: mounts: [{ type: "tmpfs", target: "/${folder}" }]`,
    };
  },
};

const VERSION_CONTROL_DIRECTORY = /(?:^|\/)(\.git|\.svn|\.hg|\.bzr|_darcs|CVS)(?:\/|$)/;

/** The folders of version control; `.git` is a file in a work tree or submodule. */
export const versionControl: PathKind = {
  kind: "version-control",
  recognize(path) {
    const name = VERSION_CONTROL_DIRECTORY.exec(path)?.[1];
    if (name === undefined) return undefined;
    return {
      what: name,
      exclude: `**/${name}`,
      advice: `remove ${name} in the command that fetches it, or take an archive: add(url, dest)`,
    };
  },
};
