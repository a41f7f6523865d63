import { baseName, parentPath } from "../core/posix-path.js";
import { PlanError } from "../errors/layerwright-error.js";
import type {
  CopyOperation,
  FoundSource,
  MkdirOperation,
  PlanContextSource,
  PlanSource,
  SymlinkOperation,
} from "../plan/operation.js";
import type { Emission } from "./emission.js";
import { modeAfter } from "./mode-flag.js";
import { escapedName, isFlagPattern } from "./quoting.js";

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
