import { resolvePath } from "../../core/posix-path.js";
import { type Leftovers, leftovers, type ManagerName } from "../../recipes/leftovers.js";
import type { ShellWord } from "./shell-commands.js";

/** A word as it stands. */
export function plainWord(text: string): ShellWord {
  return { text, open: false, glob: false };
}

/** The places where a package manager keeps what it leaves. */
export interface Places {
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
 * The relation of a word to what a manager left: it names some of it, or a directory that holds some. Patterns count as what
 * they may match.
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
