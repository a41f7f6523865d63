import { join } from "node:path";
import { type HostPlace, hostText } from "../../archive/held-directory.js";
import { type GlobPattern, PatternError, parseGlobPattern } from "../../core/glob.js";
import { type IgnoreRules, type ParentMatches, parseIgnoreList } from "../../core/ignore-rules.js";
import { PlanError } from "../../errors/layerwright-error.js";
import type { FileSource, SourceEntry, SourceMatch } from "../../ports/file-source.js";
import { type ContextRoot, IGNORE_FILE, openContext, sortedNames } from "./context-root.js";
import { type FoundPath, findMatches } from "./find-matches.js";
import { type ListedEntry, lookAt, sourceEntry } from "./source-entry.js";

/** Which directories the contexts are. */
interface ContextFolders {
  /** The main build context, an absolute path. */
  readonly main: string;
  /** Named contexts: absolute paths by name. */
  readonly named?: Readonly<Record<string, string>>;
}

/** The files of context directories on this machine. Directories are opened when they are first asked for. */
export class NodeFiles implements FileSource {
  readonly #folders: ContextFolders;
  readonly #roots = new Map<string | undefined, ContextRoot>();

  constructor(folders: ContextFolders) {
    this.#folders = folders;
  }

  list(context: string | undefined, pattern: string, exclude: readonly string[]): readonly SourceMatch[] {
    const glob = readPattern(pattern, parseGlobPattern);
    const excluded = readPattern(exclude, parseIgnoreList);
    const root = this.#root(context);
    if (glob.components.some((component) => component.kind === "name" && component.name === "..")) {
      const reason = 'leaves the context with ".."';
      throw new PlanError(
        "SOURCE_OUTSIDE_CONTEXT",
        { call: "copy", got: pattern, reason },
        { subject: pattern },
      );
    }
    root.held.release();
    const found = findMatches(root, glob).filter(({ broken }) => glob.wild || broken === undefined);
    const kept = found.filter((one) => one.stats.isDirectory() || !excluded.decideAlone(nameOf(one)).ignored);
    const matches = kept.flatMap((one) => toMatch(root, one, excluded));
    // What is left out on purpose was found all the same.
    if (matches.length === 0 && kept.length === found.length) throw sourceNotFound(root, pattern, glob);
    return matches;
  }

  #root(name: string | undefined): ContextRoot {
    const known = this.#roots.get(name);
    if (known !== undefined) return known;
    const named = this.#folders.named ?? {};
    const folder =
      name === undefined ? this.#folders.main : Object.hasOwn(named, name) ? named[name] : undefined;
    if (folder === undefined) {
      throw new PlanError(
        "CONTEXT_UNKNOWN",
        { name: `${name}`, known: Object.keys(named) },
        { subject: `${name}` },
      );
    }
    const root = openContext(name, folder);
    this.#roots.set(name, root);
    return root;
  }
}

function nameOf({ path }: FoundPath): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

function toMatch(root: ContextRoot, found: FoundPath, exclude: IgnoreRules): SourceMatch[] {
  const path = found.path === "" ? "." : found.path;
  if (found.broken !== undefined) {
    throw new PlanError("SOURCE_LINK_BROKEN", { path, reason: found.broken }, { subject: path });
  }
  const through = found.links.length === 0 ? {} : { through: [...found.links, found.realPath] };
  if (found.stats.isDirectory()) {
    const prefix = found.realPath === "" ? "" : `${found.realPath}/`;
    const entries = listFolder(found.place, [
      { rules: root.rules, matches: found.matches, prefix },
      { rules: exclude, matches: undefined, prefix: "" },
    ]);
    // An ignored directory exists in the context only for what it holds.
    const mode = found.stats.mode & 0o7777;
    return found.ignored && entries.length === 0
      ? []
      : [{ path, shape: "folder", entries, mode, ...through }];
  }
  const { parent, name } = found.place;
  const entry = sourceEntry(undefined, parent!, name, found.stats, "");
  return entry === undefined ? [] : [{ path, shape: "file", entries: [entry], ...through }];
}

function readPattern<Text, Parsed>(text: Text, parse: (text: Text) => Parsed): Parsed {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    const { pattern, reason } = error;
    throw new PlanError("PATTERN_BAD", { pattern, reason }, { subject: pattern, cause: error });
  }
}

/** One set of rules on the way down a directory tree. */
interface RuleCursor {
  readonly rules: IgnoreRules;
  /** The verdict of the rules on the directory that is read. */
  readonly matches: ParentMatches;
  /** The directory's path as the rules see it, with a trailing slash; empty at the top. */
  readonly prefix: string;
}

/** Names that a layer cannot hold (image-spec layer.md, whiteouts). */
const RESERVED = ".wh.";

/** A directory that is ignored itself, and is there only if something in it is not. */
interface Hidden {
  readonly entry: SourceEntry;
  readonly parent: Hidden | undefined;
  written: boolean;
}

/**
 * Lists all below a directory that no rule ignores, parents first; names of a directory in byte order. Links are not
 * followed.
 */
function listFolder(place: HostPlace, cursors: readonly RuleCursor[]): SourceEntry[] {
  const entries: SourceEntry[] = [];
  listInto(
    entries,
    place,
    undefined,
    cursors.filter((cursor) => cursor.rules.patterns.length > 0),
    undefined,
  );
  return entries;
}

function listInto(
  entries: SourceEntry[],
  place: HostPlace,
  parent: ListedEntry | undefined,
  cursors: readonly RuleCursor[],
  hidden: Hidden | undefined,
): void {
  for (const name of sortedNames(place)) {
    const judged = judge(name, cursors);
    if (judged === "drop") continue;
    const stats = lookAt(place, name);
    const folder = stats.isDirectory();
    if (judged.ignored && !(folder && judged.descend)) continue;
    if (name.startsWith(RESERVED)) refuseReserved(place.child(name).path);
    const entry = sourceEntry(parent, place, name, stats);
    if (entry === undefined) continue;
    const now: Hidden | undefined = judged.ignored ? { entry, parent: hidden, written: false } : undefined;
    if (now === undefined) {
      writeHidden(entries, hidden);
      entries.push(entry);
    }
    if (!folder) continue;
    const above = now ?? (hidden?.written ? undefined : hidden);
    listInto(entries, place.child(name), entry, judged.cursors, above);
  }
}

/** Ignored parents of something that is not ignored come along, as BuildKit sends them. */
function writeHidden(entries: SourceEntry[], hidden: Hidden | undefined): void {
  if (hidden === undefined || hidden.written) return;
  writeHidden(entries, hidden.parent);
  hidden.written = true;
  entries.push(hidden.entry);
}

interface Judged {
  readonly ignored: boolean;
  readonly descend: boolean;
  readonly cursors: readonly RuleCursor[];
}

const KEEP: Judged = { ignored: false, descend: true, cursors: [] };

function judge(name: string, cursors: readonly RuleCursor[]): Judged | "drop" {
  if (cursors.length === 0) return KEEP;
  let ignored = false;
  const below: RuleCursor[] = [];
  for (const { rules, matches, prefix } of cursors) {
    const path = prefix + name;
    const verdict = rules.decide(path, matches);
    if (verdict.ignored) {
      if (!rules.hasExceptions || !rules.mayHoldExceptions(path)) return "drop";
      ignored = true;
    }
    below.push({ rules, matches: verdict.matches, prefix: `${path}/` });
  }
  return { ignored, descend: true, cursors: below };
}

function refuseReserved(path: string | Buffer): never {
  throw new PlanError("SOURCE_NAME_RESERVED", { path: hostText(path) }, { subject: hostText(path) });
}

/** The error for a source that names nothing: which rule hides it, or what the user may have meant. */
function sourceNotFound(root: ContextRoot, pattern: string, glob: GlobPattern): PlanError {
  const { name: context, folder } = root;
  if (glob.wild) {
    return new PlanError("SOURCE_PATTERN_EMPTY", { pattern, context, folder }, { subject: pattern });
  }
  const names = glob.components.map((component) => (component.kind === "name" ? component.name : ""));
  const path = names.join("/");
  const rule = exists(names.reduce((place, name) => place.child(name), root.held.top))
    ? root.rules.ruleThatHides(path)
    : undefined;
  const written = rule !== undefined && rule.line >= root.outputsFrom;
  const hiddenBy =
    rule === undefined || written
      ? undefined
      : { rule: rule.text, line: rule.line, file: join(folder, IGNORE_FILE) };
  const similar = rule === undefined ? similarPath(root.held.top, names) : undefined;
  return new PlanError(
    "SOURCE_NOT_FOUND",
    { path, context, folder, written, hiddenBy, similar },
    { subject: path },
  );
}

function exists(place: HostPlace): boolean {
  try {
    place.stats();
    return true;
  } catch {
    return false;
  }
}

/** The path with its first wrong name replaced by one that exists and is spelt almost so. */
function similarPath(top: HostPlace, names: readonly string[]): string | undefined {
  let here = top;
  for (const [index, name] of names.entries()) {
    const next = here.child(name);
    if (exists(next)) {
      here = next;
      continue;
    }
    const close = namesOrNone(here).find((other) => almostEqual(name, other));
    return close === undefined
      ? undefined
      : [...names.slice(0, index), close, ...names.slice(index + 1)].join("/");
  }
  return undefined;
}

function namesOrNone(place: HostPlace): string[] {
  try {
    return sortedNames(place);
  } catch {
    return [];
  }
}

/** Equal but for case, or but for one letter that is wrong, missing, too many or swapped with its neighbour. */
function almostEqual(wanted: string, other: string): boolean {
  const [left, right] = [wanted.toLowerCase(), other.toLowerCase()];
  let start = 0;
  while (start < left.length && left[start] === right[start]) start++;
  if (start === left.length && start === right.length) return true;
  const [restLeft, restRight] = [left.slice(start), right.slice(start)];
  if (left.length < 3) return false;
  return (
    restLeft.slice(1) === restRight.slice(1) ||
    restLeft.slice(1) === restRight ||
    restLeft === restRight.slice(1) ||
    (restLeft[0] === restRight[1] && restLeft[1] === restRight[0] && restLeft.slice(2) === restRight.slice(2))
  );
}
