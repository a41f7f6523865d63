import { resolvePath } from "../../core/posix-path.js";
import { cleanUp, type Leftovers, leftovers, type ManagerName } from "../../recipes/leftovers.js";
import type { RunOperation } from "../operation.js";
import type { ShellWord } from "./shell-commands.js";

/** The commands of a package manager; `recipes/leftovers.ts` has what they leave behind. */
export interface PackageManager {
  readonly name: ManagerName;
  /** Matches a command that installs, or fetches for itself alone. */
  readonly installs: RegExp;
  /** Matches a command that only fetches what a later one installs from. */
  readonly fetches?: RegExp;
  /** Matches a command, in the same or a later step, that cleans up after it. */
  readonly cleans: RegExp;
}

/** `not` in the rest of a simple command. */
const without = (not: string): string => `(?![^;&|]*${not})`;
/** The start of a command; a mere mention of one, as in `echo`, does not match. */
const START = [
  "(?:^|[;&|(){}\\n!]|\\b(?:then|do|else|if|while|until|sudo|exec|env|time|nice|command|xargs|timeout)\\b[^;&|\\n]*?\\s)\\s*",
  `(?:\\w+=(?:"[^"]*"|'[^']*'|\\S*)\\s+)*`,
  "(?:\\S*/)?",
].join("");
const verb = (manager: string, verbs: string): string =>
  String.raw`${START}${manager}\s+(?:-\S+\s+)*(?:${verbs})\b`;

const RPM = {
  verbs: "install|upgrade|update|reinstall|group\\s+install|module\\s+install",
  fetch: "makecache",
};

function rpmManager(name: "dnf" | "microdnf" | "yum"): PackageManager {
  return {
    name,
    installs: new RegExp(verb(name, RPM.verbs)),
    fetches: new RegExp(verb(name, RPM.fetch)),
    cleans: new RegExp(verb(name, "clean\\s+all")),
  };
}

/** Known package managers. */
export const packageManagers: readonly PackageManager[] = [
  {
    name: "apt",
    installs: new RegExp(verb("apt(-get)?", "install|upgrade|dist-upgrade|full-upgrade|build-dep|source")),
    fetches: new RegExp(verb("apt(-get)?", "update")),
    cleans: /\brm\s+[^;&|]*\/var\/lib\/apt\/lists/,
  },
  {
    name: "apk",
    installs: new RegExp(verb("apk", "add|upgrade") + without("--no-cache")),
    fetches: new RegExp(verb("apk", "update")),
    cleans: /\brm\s+[^;&|]*\/var\/cache\/apk|\bapk\s+cache\s+clean/,
  },
  rpmManager("dnf"),
  rpmManager("microdnf"),
  rpmManager("yum"),
  {
    name: "zypper",
    installs: new RegExp(verb("zypper", "install|in|update|up|dist-upgrade|dup|patch")),
    fetches: new RegExp(verb("zypper", "refresh|ref")),
    cleans: /\bzypper\s+(-\S+\s+)*(clean|cc)\b/,
  },
  {
    name: "pip",
    installs: new RegExp(verb("(?:pip3?|python3?\\s+-m\\s+pip)", "install") + without("--no-cache-dir")),
    cleans: /\bpip3?\s+cache\s+purge|\brm\s+[^;&|]*\.cache\/pip/,
  },
  {
    name: "uv",
    installs: new RegExp(
      verb("uv", "sync|add|run|pip\\s+(-\\S+\\s+)*(install|sync)|tool\\s+install") +
        without("(--no-cache|symlink)"),
    ),
    cleans: /\buv\s+(-\S+\s+)*cache\s+clean|\brm\s+[^;&|]*\.cache\/uv/,
  },
  {
    name: "npm",
    installs: new RegExp(verb("npm", "ci|i|install|add")),
    cleans: /\bnpm\s+cache\s+clean|\brm\s+[^;&|]*\.npm\b/,
  },
  {
    name: "pnpm",
    // Global packages of pnpm may be links into its store.
    installs: new RegExp(verb("pnpm", "ci|i|install|add") + without("\\s(-g|--global)\\b")),
    fetches: new RegExp(verb("pnpm", "fetch")),
    cleans: /\brm\s+[^;&|]*pnpm/,
  },
  {
    name: "yarn",
    installs: new RegExp(
      `${START}yarn(?:\\s+(?:-\\S+\\s+)*(?:install|add|workspaces\\s+focus)\\b|\\s*(?:$|[;&|\\n]))`,
    ),
    cleans: /\byarn\s+cache\s+clean/,
  },
  {
    name: "gem",
    installs: new RegExp(verb("gem", "install|update")),
    cleans: /\brm\s+[^;&|]*\/cache\/\*?\.?gem/,
  },
  {
    name: "composer",
    installs: new RegExp(verb("composer", "install|update|require|create-project") + without("--no-cache")),
    cleans: /\bcomposer\s+(-\S+\s+)*(clear-?cache|cc)\b|\brm\s+[^;&|]*composer\/cache/,
  },
  {
    name: "go",
    installs: new RegExp(verb("go", "build|install|get|test|run|vet")),
    fetches: new RegExp(verb("go", "mod\\s+(?:download|tidy|vendor)")),
    cleans: /\bgo\s+clean\b/,
  },
  {
    name: "cargo",
    installs: new RegExp(verb("cargo", "build|b|install|test")),
    fetches: new RegExp(verb("cargo", "fetch|chef\\s+cook")),
    cleans: /\brm\s+[^;&|]*(CARGO_HOME|\.?cargo)[^;&|]*\/registry/,
  },
];

const RELOADS: ReadonlySet<ManagerName> = new Set(["apt", "apk", "dnf", "microdnf", "yum", "zypper"]);

/** True for managers of a distribution, whose lists are fetched anew at any time by a command of its own. */
export function reloads({ name }: PackageManager): boolean {
  return RELOADS.has(name);
}

/** True when a command installs or fetches by this manager. */
export function uses(command: string, { installs, fetches }: PackageManager): boolean {
  return installs.test(command) || fetches?.test(command) === true;
}

/** The shell command that removes what a step of this manager leaves, where a mount does not hold it already. */
export function cleanUpOf(operation: RunOperation, manager: PackageManager): string {
  return cleanUp(manager.name, { mounted: mountedAt(operation) });
}

/** The directories and files that mounts put over the layer while a command runs. */
export function mountedAt({ mounts = [] }: RunOperation): readonly string[] {
  return mounts.flatMap((mount) => ("target" in mount && mount.target !== undefined ? [mount.target] : []));
}

/** The managers whose leftovers a command makes and does not remove itself. */
export function uncleanManagers(command: string): readonly PackageManager[] {
  return packageManagers.filter((manager) => uses(command, manager) && !manager.cleans.test(command));
}

/** The manager that a command does nothing but clean up after: `rm` of its caches, or its own clean command. */
export function cleansOnly(command: string): PackageManager | undefined {
  const single = command.trim();
  if (/[;&|\n`$<>]/.test(single)) return undefined;
  if (/^apt(-get)?\s+(-\S+\s+)*(clean|autoclean)$/.test(single)) return packageManagers[0];
  const manager = packageManagers.find((one) => one.cleans.test(single));
  if (manager === undefined) return undefined;
  return /^rm\s+-[rf]+\s/.test(single) ? onlyCaches(single, manager) : manager;
}

/** An `rm` moves only when every path of it is a cache: what else it removes may be needed in between. */
function onlyCaches(command: string, manager: PackageManager): PackageManager | undefined {
  const paths = command
    .split(/\s+/)
    .slice(1)
    .filter((word) => !word.startsWith("-"));
  return paths.every((path) =>
    /^\/var\/(cache|lib\/apt\/lists|log)(\/|$)|\/\.(npm|cache\/pip)(\/|$)/.test(path),
  )
    ? manager
    : undefined;
}

/** A word as it stands. */
export function plainWord(text: string): ShellWord {
  return { text, open: false, glob: false };
}

/** The places where a package manager keeps what it leaves. */
interface Places {
  /** Absolute directories and files. */
  readonly roots: readonly string[];
  /** Ends of paths below a home directory. */
  readonly homes: readonly string[];
  readonly mountedAt: RegExp | undefined;
}

const places = new Map<ManagerName, Places>();

/** The places of a manager. */
export function placesOf(manager: ManagerName): Places {
  const known = places.get(manager);
  if (known !== undefined) return known;
  const { cache, beside = [], rest = [], logs = [], mounts, mountedAt }: Leftovers = leftovers[manager];
  const words = [...cache, ...beside, ...rest, ...logs];
  const plain = words
    .filter((word) => word.startsWith("/"))
    .map((word) => word.replace(/\/?[^/]*[*?].*$/, ""));
  const home = words.flatMap((word) => /\/root\}(\/\.[^"$]+)"/.exec(word)?.[1] ?? []);
  const found: Places = {
    roots: [...plain.filter((path) => path !== "" && path !== "/var/log" && path !== "/tmp"), ...mounts],
    homes: [...home, ...mounts.flatMap((path) => /^\/root(\/.+)$/.exec(path)?.[1] ?? [])],
    mountedAt,
  };
  places.set(manager, found);
  return found;
}

/** A path of a word without its option or variable, as the shell has it in a directory. */
export function pathOf({ text }: ShellWord, folder: string | undefined): string | undefined {
  const path = text
    .replace(/^(-[\w-]*=?(?=\/)|--?[\w-]+=|\w+=)/, "")
    .replace(/^file:\/\//, "")
    .replace(/^~(?=\/|$)/, "/root");
  if (path.startsWith("/")) return resolvePath("/", path);
  return folder === undefined || path === "" || path.startsWith("-") ? undefined : resolvePath(folder, path);
}

/**
 * The relation of a word to what a manager left: it names some of it, or a directory that holds some. Patterns count as
 * what they may match.
 */
export function nearnessOf(
  manager: ManagerName,
  word: ShellWord,
  folder: string | undefined,
): "in" | "holds" | undefined {
  const { roots, homes, mountedAt } = placesOf(manager);
  const path = pathOf(word, folder);
  const text = path ?? `/${word.text}`;
  if (mountedAt?.test(text) === true || homes.some((end) => `${text}/`.includes(`${end}/`))) return "in";
  if (path === undefined) return undefined;
  const parts = path.split("/").slice(1);
  const known = [...roots, ...homes.map((end) => `/root${end}`)].map((root) => root.split("/").slice(1));
  const near = known.filter((names) =>
    parts.every((part, at) => at >= names.length || matches(part, names[at]!)),
  );
  if (near.some((names) => parts.length >= names.length)) return "in";
  const isHome = homes.length > 0 && /^\/(root|home(\/[^/]+)?)$/.test(path);
  return path === "/" || near.length > 0 || isHome ? "holds" : undefined;
}

function matches(part: string, name: string): boolean {
  if (!/[*?[{]/.test(part)) return part === name;
  const pattern = part.replace(/[[{].*$/, "*").replace(/[.+^${}()|\\\]]/g, "\\$&");
  return new RegExp(`^${pattern.replace(/\*+/g, ".*").replace(/\?/g, ".")}$`).test(name);
}

/** True when a path is, is in, or holds what the manager left. */
export function holdsLeftovers(manager: ManagerName, path: string): boolean {
  return nearnessOf(manager, plainWord(path), "/") !== undefined;
}
