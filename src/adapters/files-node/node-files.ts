import { PatternError, parseGlobPattern } from "../../core/glob.js";
import { type IgnoreRules, parseIgnoreList } from "../../core/ignore-rules.js";
import { PlanError } from "../../errors/layerwright-error.js";
import type { FileSource, SourceMatch } from "../../ports/file-source.js";
import { type ContextRoot, openContext } from "./context-root.js";
import { type FoundPath, findMatches } from "./find-matches.js";
import { listFolder } from "./list-folder.js";
import { sourceNotFound } from "./not-found.js";
import { sourceEntry } from "./source-entry.js";

/** Which folders the contexts are. */
export interface ContextFolders {
  /** The main build context, an absolute path. */
  readonly main: string;
  /** Named contexts: absolute paths by name. */
  readonly named?: Readonly<Record<string, string>>;
}

/** The files of context folders on this machine. Folders are opened when they are first asked for. */
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
    // An ignored folder exists in the context only for what it holds.
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
