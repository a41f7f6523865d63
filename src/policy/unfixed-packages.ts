/** A package that a command installs in whatever version there is on the day. */
export interface UnfixedPackage {
  readonly manager: string;
  readonly name: string;
  /** The spelling of its version. */
  readonly spelling: string;
}

interface ManagerRule {
  readonly manager: string;
  /** The program, and the words that install. */
  readonly program: RegExp;
  readonly verbs: readonly string[];
  /** Options that take the next word. */
  readonly takes: readonly string[];
  /** True when a word names a version. */
  readonly fixed: RegExp;
  readonly spelling: (name: string) => string;
  /** Options with which the versions come from elsewhere, or from an option of their own. */
  readonly unless?: RegExp;
}

const FILE = /^(?:\.{1,2}(?:\/|$)|\/|file:|https?:|git[+:]|\$)|\.(?:deb|rpm|apk|whl|gem|tgz|tar\.gz|zip)$/;
const RPM_VERSION = /-\d[^-]*(?:-[^-]+)?$|[<>=]/;

const RULES: readonly ManagerRule[] = [
  {
    manager: "apt",
    program: /^(?:apt|apt-get)$/,
    verbs: ["install"],
    takes: ["-t", "--target-release", "-o", "-c"],
    fixed: /[=]|\/[a-z]|-$/,
    spelling: (name) => `${name}=VERSION`,
  },
  {
    manager: "apk",
    program: /^apk$/,
    verbs: ["add"],
    takes: [
      "-t",
      "--virtual",
      "-X",
      "--repository",
      "-p",
      "--root",
      "--arch",
      "--repositories-file",
      "--keys-dir",
    ],
    fixed: /[=~<>]/,
    spelling: (name) => `${name}=VERSION`,
  },
  ...(["dnf", "microdnf", "yum"] as const).map((manager) => ({
    manager,
    program: new RegExp(`^${manager}$`),
    verbs: ["install"],
    takes: ["-c", "--installroot", "--releasever", "--enablerepo", "--disablerepo", "--setopt", "--repo"],
    fixed: RPM_VERSION,
    spelling: (name: string) => `${name}-VERSION`,
  })),
  {
    manager: "zypper",
    program: /^zypper$/,
    verbs: ["install", "in"],
    takes: ["-r", "--repo", "--from", "-t", "--type"],
    fixed: /[=<>]/,
    spelling: (name) => `${name}=VERSION`,
  },
  {
    manager: "pip",
    program: /^pip3?$/,
    verbs: ["install"],
    takes: [
      "-r",
      "--requirement",
      "-c",
      "--constraint",
      "-i",
      "--index-url",
      "--extra-index-url",
      "-t",
      "--target",
      "--prefix",
      "-e",
      "--root",
      "-f",
    ],
    fixed: /(?:===?|~=| @ |@)/,
    spelling: (name) => `${name}==VERSION`,
  },
  {
    manager: "npm",
    program: /^(?:npm|pnpm)$/,
    verbs: ["install", "i", "add"],
    takes: ["--prefix", "--registry", "-w", "--workspace", "--dir", "-C"],
    fixed: /.@(?!latest$|next$)/,
    spelling: (name) => `${name}@VERSION`,
  },
  {
    manager: "yarn",
    program: /^yarn$/,
    verbs: ["add"],
    takes: ["--cwd", "--registry"],
    fixed: /.@(?!latest$|next$)/,
    spelling: (name) => `${name}@VERSION`,
  },
  {
    manager: "gem",
    program: /^gem$/,
    verbs: ["install"],
    takes: ["-i", "--install-dir", "-n", "--bindir", "-s", "--source"],
    fixed: /:/,
    spelling: (name) => `${name}:VERSION`,
    unless: /^(?:-v|--version)(?:=|$)|^-g$|^--file/,
  },
  {
    manager: "go",
    program: /^go$/,
    verbs: ["install"],
    takes: ["-ldflags", "-tags", "-o", "-C", "-p"],
    fixed: /@(?!latest$)|^(?!.*\.[a-z]+\/)/,
    spelling: (name) => `${name.replace(/@latest$/, "")}@VERSION`,
  },
  {
    manager: "cargo",
    program: /^cargo$/,
    verbs: ["install"],
    takes: ["--root", "--features", "--registry", "--index", "-j", "--target", "--profile"],
    fixed: /@/,
    spelling: (name) => `${name}@VERSION`,
    unless: /^(?:--version|--vers|--path|--git)(?:=|$)/,
  },
];

/** The packages that a shell text installs without a version. Files, URLs, variables and lists of packages are none. */
export function unfixedPackages(text: string): readonly UnfixedPackage[] {
  return simpleCommands(text).flatMap(unfixedOf);
}

function unfixedOf(words: readonly string[]): readonly UnfixedPackage[] {
  const [program = "", ...rest] = asPip(words);
  const name = program.slice(program.lastIndexOf("/") + 1);
  const rule = RULES.find((one) => one.program.test(name));
  if (rule === undefined || rest.some((word) => rule.unless?.test(word))) return [];
  const operands: string[] = [];
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at]!;
    if (rule.takes.includes(word)) at++;
    else if (!word.startsWith("-") && !/^\d*[<>]/.test(word)) operands.push(word);
  }
  const [verb = "", ...packages] = operands;
  if (!rule.verbs.includes(verb)) return [];
  return packages
    .filter((word) => !FILE.test(word))
    .filter((word) => !rule.fixed.test(word))
    .map((word) => ({ manager: rule.manager, name: word, spelling: rule.spelling(word) }));
}

/** `python3 -m pip install` and `uv pip install` are pip's. */
function asPip(words: readonly string[]): readonly string[] {
  const [program = "", second, third] = words;
  if (/(?:^|\/)python[\d.]*$/.test(program) && second === "-m" && third === "pip") return words.slice(2);
  return /(?:^|\/)uv$/.test(program) && second === "pip" ? words.slice(1) : words;
}

/**
 * The simple commands of a shell text as words, as far as they are written out: quotes are taken off, what a shell
 * works out (`$NAME`) stays as it is, and leading variables, `sudo`, `env` and the like are left out.
 */
export function simpleCommands(text: string): readonly (readonly string[])[] {
  const joined = text.replace(/\\\r?\n/g, " ");
  const commands: string[][] = [];
  let words: string[] = [];
  const end = (): void => {
    const command = withoutPrefix(words);
    if (command.length > 0) commands.push(command);
    words = [];
  };
  // Quoted and escaped pieces belong to their word; of the rest, what separates commands stands alone.
  for (const [token] of joined.matchAll(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s;&|()"'\\])+|[;&|()\n]/gs)) {
    if (/^[;&|()\n]$/.test(token)) end();
    else if (token.startsWith("#") && words.length === 0) words.push(token);
    else words.push(unquoted(token));
  }
  end();
  return commands;
}

const PREFIX = /^(?:\w+=.*|sudo|env|exec|time|nice|command|then|do|else|if|while|until|!|\{)$/s;

function withoutPrefix(words: readonly string[]): string[] {
  const first = words.findIndex((word) => !PREFIX.test(word));
  return first === -1 ? [] : words.slice(first);
}

function unquoted(token: string): string {
  return token.replace(/"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/gs, (_, double, single, escaped) => {
    if (double !== undefined) return (double as string).replace(/\\(["\\$`])/g, "$1");
    return single ?? escaped;
  });
}
