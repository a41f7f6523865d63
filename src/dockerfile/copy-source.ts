import { baseName, parentPath } from "../core/posix-path.js";
import { PlanError } from "../errors/layerwright-error.js";
import type { Origin } from "../errors/origin.js";
import { modeAfter } from "../image/mode.js";
import type {
  CopyOperation,
  FoundSource,
  MkdirOperation,
  PlanContextSource,
  PlanSource,
  SymlinkOperation,
} from "../plan/operation.js";
import type { Emission, StageDraft } from "./draft.js";
import { octalText } from "./flags.js";
import type { Dialect } from "./instruction.js";
import { isFolder } from "./known-tree.js";
import {
  contextPattern,
  escapedName,
  isFlagPattern,
  isText,
  isUnnameable,
  literalPattern,
} from "./quoting.js";

/** The kind of a source, as far as it is known. */
type SourceShape = "file" | "folder" | "files" | "unknown";

/** One source as COPY names it. */
export interface SpelledSource {
  /** A stage or a named context; the main context when absent. */
  readonly from?: string;
  /** A pattern in Go's grammar. */
  readonly pattern: string;
  readonly shape: SourceShape;
  readonly found?: FoundSource;
  readonly source: PlanSource;
}

/**
 * Spells a source of a copy and notes what of the context it needs.
 *
 * @throws {PlanError} NOT_EXPRESSIBLE for `**`, which COPY does not know
 */
export function spellSource(draft: StageDraft, source: PlanSource, operation: CopyOperation): SpelledSource {
  const { emission } = draft;
  const refuse = (reason: string): never => {
    throw new PlanError(
      "NOT_EXPRESSIBLE",
      { field: "copy source", reason },
      { subject: source.path, origin: operation.origin },
    );
  };
  const refuseBracket = (pattern: string): void => {
    // Buildah 1.28 calls the class of one bracket a syntax error.
    if (emission.dialect.name === "classic" && pattern.includes("[[]")) {
      refuse("names a file with a [, which not every builder of the classic dialect can: copy its directory");
    }
  };
  if (source.from === "stage") {
    const stage = emission.stages.get(source.stage);
    const fact = stage?.tree.at(stage.tree.real(source.path, true));
    const shape =
      operation.executable || fact?.kind === "file"
        ? "file"
        : fact !== undefined && isFolder(fact)
          ? "folder"
          : "unknown";
    if (/[\n\r]/.test(source.path)) refuse("has a line break, which COPY cannot name: copy its directory");
    const pattern = literalPattern(source.path);
    refuseBracket(pattern);
    return { from: stage?.name ?? source.stage, pattern, shape, source };
  }
  if (!isText(source.path)) refuse("has a name that is not UTF-8");
  if (source.path.split("/").includes("**")) refuse("holds **, which COPY does not know");
  refuseNotText(source, operation.origin);
  const from = source.context === undefined ? {} : { from: useContext(draft, source.context) };
  const found = source.found === undefined ? {} : { found: source.found };
  const spelled = contextPattern(source.path);
  if ("reason" in spelled) return refuse(spelled.reason);
  refuseBracket(spelled.pattern);
  return {
    ...from,
    pattern: spelled.pattern,
    shape: contextShape(source.found, operation),
    ...found,
    source,
  };
}

/** Refuses what no builder can be sent with its context. @throws {PlanError} NOT_EXPRESSIBLE */
export function refuseNotText({ path, found }: PlanContextSource, origin: Origin | undefined): void {
  if (found?.notText === undefined) return;
  const reason = `holds ${JSON.stringify(found.notText)}, a name or the target of a link that is not UTF-8: leave it out by .dockerignore`;
  throw new PlanError("NOT_EXPRESSIBLE", { field: "copy source", reason }, { subject: path, origin });
}

function contextShape(found: FoundSource | undefined, operation: CopyOperation): SourceShape {
  if (operation.executable) return "file";
  if (found === undefined) return "unknown";
  if (found.shape !== "many") return found.shape;
  return found.folders === 0 && found.files > 0 ? "files" : "unknown";
}

function useContext(draft: StageDraft, name: string): string {
  draft.emission.contexts.set(name, draft.emission.plan.contexts[name] ?? name);
  return name;
}

/** The flags and extra copies that give a copy its modes. */
export interface CopyModes {
  /** One `--chmod` for everything. */
  readonly chmod?: string;
  /** Entries of a tree whose modes are set one by one, after the tree itself was copied. */
  readonly single: readonly EntryMode[];
  /** The mode that the destination directory gets where it is new. */
  readonly topFolder: number;
}

/** One entry of a copied tree, relative to it, with the mode it has to get. */
interface EntryMode {
  readonly path: string;
  readonly type: "file" | "folder";
  readonly mode: number;
}

/** More instructions than this for the modes of one copy are refused. */
const MOST = 200;

/**
 * Finds the shortest way to give a copy the modes that the direct build gives it: 0644 or 0755 from the disk, then
 * the mode option. A plain COPY takes the disk's own bits, so those that differ have to be spelled.
 *
 * @throws {PlanError} FRONTEND_TOO_OLD where only symbolic `--chmod` could say it
 */
export function copyModes(operation: CopyOperation, spelled: SpelledSource, dialect: Dialect): CopyModes {
  const { mode } = operation;
  const topFolder = modeAfter(mode, 0o755, true);
  const { found, source } = spelled;
  if (mode !== undefined && "octal" in mode) return { chmod: octalText(mode.octal), single: [], topFolder };
  if (source.from === "stage") {
    if (mode === undefined) return { single: [], topFolder };
    return { chmod: symbolicFlag(mode.symbolic, operation, dialect), single: [], topFolder };
  }
  const irregular = found?.irregular ?? [];
  if (mode === undefined && irregular.length === 0) return { single: [], topFolder };
  if (spelled.shape === "file") return { chmod: fileMode(operation, found, dialect), single: [], topFolder };
  if (dialect.modern) {
    const normal = irregular.length === 0 ? "" : "ug-s,o-t,u=rwX,go=rX";
    const clauses = [normal, mode === undefined ? "" : explicitWho(mode.symbolic)].filter(
      (part) => part !== "",
    );
    return { chmod: clauses.join(","), single: [], topFolder };
  }
  return { single: singleModes(operation, spelled, dialect), topFolder };
}

function fileMode(operation: CopyOperation, found: FoundSource | undefined, dialect: Dialect): string {
  const { mode } = operation;
  const onDisk = found?.irregular[0]?.mode ?? found?.entries?.[0]?.mode;
  if (onDisk !== undefined) {
    return octalText(modeAfter(mode, (onDisk & 0o100) !== 0 ? 0o755 : 0o644, false));
  }
  const [plain, program] = [modeAfter(mode, 0o644, false), modeAfter(mode, 0o755, false)];
  if (plain === program) return octalText(plain);
  return symbolicFlag(mode !== undefined && "symbolic" in mode ? mode.symbolic : "", operation, dialect);
}

function symbolicFlag(clauses: string, operation: CopyOperation, dialect: Dialect): string {
  if (!dialect.modern) tooOld(operation, dialect, `the mode ${clauses}`);
  return explicitWho(clauses);
}

/** Clauses without a class obey the umask 022 of builds; spelled out, every builder reads them alike. */
function explicitWho(clauses: string): string {
  return clauses
    .split(",")
    .map((clause) => {
      if (!/^[-+=]/.test(clause)) return clause;
      return `u${clause},go${clause.replaceAll("w", "")}`;
    })
    .join(",");
}

function singleModes(
  operation: CopyOperation,
  spelled: SpelledSource,
  dialect: Dialect,
): readonly EntryMode[] {
  const { found } = spelled;
  const what =
    operation.mode === undefined
      ? "the modes of a tree with unusual ones on disk"
      : "a symbolic mode of a tree";
  // Where the pattern has wildcards, entries do not say which match they belong to.
  if (found === undefined || found.shape !== "folder") return tooOld(operation, dialect, what);
  const entries = operation.mode === undefined ? found.irregular : found.entries;
  if (entries === undefined) return tooOld(operation, dialect, what);
  const wrong: EntryMode[] = [];
  for (const { path, type, mode } of entries) {
    if (type === "symlink") continue;
    const normal = type === "folder" || (mode & 0o100) !== 0 ? 0o755 : 0o644;
    const want = modeAfter(operation.mode, normal, type === "folder");
    if (want !== mode) wrong.push({ path, type, mode: want });
  }
  if (found.hardLinks && wrong.some(({ type }) => type === "file")) {
    return tooOld(operation, dialect, `${what} and hard links, which are copied one by one`);
  }
  const odd = wrong.find((one) => one.type === "file" && isUnnameable(one.path));
  if (odd !== undefined) return tooOld(operation, dialect, `the mode of ${odd.path}, which COPY cannot name`);
  const groups = new Set(
    wrong.map((one) => (one.type === "folder" ? one.path : `${parentOf(one.path)}\0${one.mode}`)),
  );
  if (groups.size > MOST) return tooOld(operation, dialect, `${what} in ${groups.size} folders`);
  return wrong;
}

function parentOf(path: string): string {
  const cut = path.lastIndexOf("/");
  return cut < 0 ? "" : path.slice(0, cut);
}

function tooOld(operation: CopyOperation, dialect: Dialect, what: string): never {
  const subject = operation.dest;
  const context = { subject, origin: operation.origin };
  if (dialect.name === "buildkit")
    throw new PlanError("FRONTEND_TOO_OLD", { what, frontend: dialect.frontend }, context);
  const way = 'use the buildkit dialect with frontend: "1.19", an octal mode, or build the image directly';
  throw new PlanError("DIALECT_CANNOT", { what, dialect: dialect.name, way }, context);
}

/** An operation that a copy is spelled with. */
type Spelled = CopyOperation | MkdirOperation | SymlinkOperation;

/** A copy that would take more instructions is refused. */
const MOST_DIRECTORIES = 200;

type FoundContext = PlanContextSource & { readonly found: FoundSource };

/**
 * Spells a copy with what COPY can say. `**` is nothing to COPY; excludes are relative to a directory in BuildKit, hold
 * for no file that a pattern matches (measured with Docker 28), and before front end 1.19 there are none: then matches,
 * and where it must be all files below a directory, are copied by their names.
 *
 * @throws {PlanError} FRONTEND_TOO_OLD
 */
export function spelledCopies(emission: Emission, operation: CopyOperation): readonly Spelled[] {
  if (operation.sources.every((source) => isPlain(emission, operation, source))) return [operation];
  const spelled = operation.sources.flatMap((source): Spelled[] => {
    if (isPlain(emission, operation, source)) return [{ ...operation, sources: [source] }];
    return matchesOf(source as FoundContext).flatMap((match) => {
      const { exclude: _, ...plain } = operation;
      if (match.found.shape === "file") return { ...plain, sources: [match] };
      if (isPlain(emission, operation, match)) return { ...operation, sources: [match] };
      return listed(emission, operation, match);
    });
  });
  return joined(spelled);
}

/** True when COPY understands a source with the excludes of its copy as they are. */
function isPlain(emission: Emission, { exclude }: CopyOperation, source: PlanSource): boolean {
  if (source.from === "stage" || source.found === undefined) return true;
  const { found, path } = source;
  if (found.matches !== undefined && path.split("/").includes("**")) return false;
  if (exclude === undefined) return true;
  // What a pattern matches and an exclude leaves out is not among the matches.
  if (found.matches !== undefined || found.shape !== "folder") return false;
  if (emission.dialect.modern) return exclude.every(isFlagPattern);
  return found.through === undefined && emission.canIgnore(source, exclude);
}

/** The matches of a source as sources of their own. */
function matchesOf(source: FoundContext): FoundContext[] {
  const { found } = source;
  if (found.matches === undefined) return [withoutLinks(source, found.through?.at(-1))];
  return found.matches.map(({ path, shape, real }) => {
    const prefix = shape === "file" || path === "." ? "" : `${path}/`;
    const own = <T extends { readonly path: string }>(entries: readonly T[]): T[] =>
      entries
        .filter((entry) => (shape === "file" ? entry.path === path : entry.path.startsWith(prefix)))
        .map((entry) => ({ ...entry, path: shape === "file" ? "" : entry.path.slice(prefix.length) }));
    const { matches: _, entries, ...whole } = found;
    const match: FoundContext = {
      ...source,
      path: escapedPath(path),
      found: {
        ...whole,
        shape,
        irregular: own(found.irregular),
        ...(entries === undefined ? {} : { entries: own(entries) }),
      },
    };
    return withoutLinks(match, real);
  });
}

/**
 * A source by its path without links: of several files that are named through links of links, BuildKit is not sent all
 * (measured with Docker 26 and 28). A file that a link has given another name stays as it is spelled.
 */
function withoutLinks(source: FoundContext, real: string | undefined): FoundContext {
  const { path, found } = source;
  if (real === undefined || real === "") return source;
  if (found.shape === "file" && escapedName(baseName(`/${real}`)) !== baseName(`/${path}`)) return source;
  const { through: _, ...whole } = found;
  return { ...source, path: escapedPath(real), found: whole };
}

function escapedPath(path: string): string {
  return path.split("/").map(escapedName).join("/");
}

/** All below a directory by name: directories, files and links, as the tree is merged. */
function listed(emission: Emission, operation: CopyOperation, source: FoundContext): Spelled[] {
  const { dest, owner, mode, origin } = operation;
  const { entries, hardLinks } = source.found;
  const folders = entries?.filter(({ type }) => type === "folder") ?? [];
  if (entries === undefined || hardLinks === true || folders.length > MOST_DIRECTORIES) {
    const what = `exclude patterns for ${source.path}, which holds ${hardLinks ? "hard links" : "many files"}`;
    throw new PlanError(
      "FRONTEND_TOO_OLD",
      { what, frontend: emission.dialect.frontend },
      { subject: source.path, origin },
    );
  }
  const placed = { ...(owner === undefined ? {} : { owner }), ...(origin === undefined ? {} : { origin }) };
  const look = { mode: { octal: modeAfter(mode, 0o755, true) }, ...placed };
  const at = (path: string): string => `${dest === "/" ? "" : dest}/${path}`;
  const spelled: Spelled[] = dest === "/" ? [] : [{ op: "mkdir", path: dest, ifMissing: true, ...look }];
  const groups = new Map<string, PlanContextSource[]>();
  const prefix = source.path === "." ? "" : `${source.path}/`;
  const { entries: _, irregular, ...whole } = source.found;
  for (const entry of entries) {
    const path = at(entry.path);
    if (entry.type === "folder") spelled.push({ op: "mkdir", path, ...look });
    else if (entry.type === "symlink")
      spelled.push({ op: "symlink", path, target: entry.target ?? "", ...placed });
    else {
      const own = irregular.filter((one) => one.path === entry.path).map((one) => ({ ...one, path: "" }));
      const found: FoundSource = {
        ...whole,
        shape: "file",
        irregular: own,
        entries: [{ ...entry, path: "" }],
      };
      const name = `${prefix}${escapedPath(entry.path)}`;
      const folder = parentPath(path);
      groups.set(folder, [...(groups.get(folder) ?? []), { ...source, path: name, found }]);
    }
  }
  for (const [folder, sources] of groups) {
    const { exclude: _, ...plain } = operation;
    spelled.push({ ...plain, sources, dest: folder, into: true });
  }
  return spelled;
}

/** Neighbours that one COPY can say are one copy. */
function joined(spelled: readonly Spelled[]): Spelled[] {
  const all: Spelled[] = [];
  for (const next of spelled) {
    const last = all.at(-1);
    if (last?.op === "copy" && next.op === "copy" && kindOf(last) === kindOf(next)) {
      all[all.length - 1] = { ...last, sources: [...last.sources, ...next.sources] };
    } else all.push(next);
  }
  return all;
}

function kindOf({ sources, dest, into, exclude }: CopyOperation): string {
  const [first] = sources;
  const shape = first?.from === "context" ? first.found?.shape : "stage";
  return JSON.stringify([dest, into, exclude, shape]);
}

/** The name that a file of a context or stage has. */
export function nameOf(source: PlanSource): string | undefined {
  if (source.from === "stage") return baseName(source.path);
  const { found, path } = source;
  if (found?.matches !== undefined) {
    return found.matches.length === 1 ? baseName(`/${found.matches[0]!.path}`) : undefined;
  }
  if (found === undefined && /[*?[\\]/.test(path)) return undefined;
  return baseName(`/${path.replace(/\\(.)/gs, "$1")}`);
}
