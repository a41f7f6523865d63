import { PlanError } from "../errors/layerwright-error.js";
import type { CopyOperation, FoundSource } from "../plan/operation.js";
import type { SpelledSource } from "./copy-source.js";
import type { Dialect } from "./dialect.js";
import { modeAfter, octalText } from "./mode-flag.js";
import { isUnnameable } from "./quoting.js";

/** How the modes of a copy are said. */
export interface CopyModes {
  /** One `--chmod` for everything. */
  readonly chmod?: string;
  /** Entries of a tree whose modes are set one by one, after the tree itself was copied. */
  readonly single: readonly EntryMode[];
  /** The mode that the destination folder gets where it is new. */
  readonly topFolder: number;
}

/** One entry of a copied tree, relative to it, with the mode it has to get. */
export interface EntryMode {
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

/** Clauses that name nobody obey the umask 022 of builds; spelled out, every builder reads them alike. */
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
