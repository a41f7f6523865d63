import { parseIgnoreList } from "../core/ignore-rules.js";
import { baseName, parentPath } from "../core/posix-path.js";
import { PlanError } from "../errors/layerwright-error.js";
import type { CopyOperation } from "../plan/operation.js";
import { type CopyModes, copyModes, nameOf, type SpelledSource, spellSource } from "./copy-source.js";
import type { StageDraft } from "./draft.js";
import { copyFolder, copyFolderEntry } from "./emit-files.js";
import {
  linkFlag,
  mayEnter,
  OUT,
  type OwnerFlag,
  octalText,
  ownerFlag,
  sideStage,
  slashed,
  sparesNewFolders,
} from "./flags.js";
import type { CopyFlags } from "./instruction.js";
import { enters, isFolder } from "./known-tree.js";
import { mergesFolder } from "./layer-effects.js";
import { isFlagPattern, literalPattern } from "./quoting.js";

/** An exclude pattern that matches nothing. */
const NOTHING = ".needs-dockerfile-1.19";

/** A copy that is ready to be written as one COPY: its sources are of one place and one kind. */
interface Piece {
  readonly operation: CopyOperation;
  readonly sources: readonly SpelledSource[];
  readonly flags: CopyFlags;
  readonly modes: CopyModes;
  readonly owner: OwnerFlag | undefined;
  /** The mode and owner of the destination where the copy makes it. */
  readonly top: { readonly mode: number; readonly owner: OwnerFlag | undefined };
  /** True when contents of a directory are merged, so that a new destination is one of the copied directories. */
  readonly merges: boolean;
}

/** A copy as pieces that one COPY each can write; every one of them is a copy of its own. */
export function copyPieces(draft: StageDraft, copy: CopyOperation): readonly Piece[] {
  const enter = enters(draft.tree, copy) && !mergesFolder(draft, copy);
  const operation = enter ? { ...copy, into: true } : copy;
  const sources = operation.sources.map((source) => spellSource(draft, source, operation));
  return piecesOf(draft, operation, sources);
}

/**
 * Writes a piece of a copy as one layer. Plain COPY makes missing parents as the direct build does and takes everything
 * else as it is; `--chown` and `--chmod` also reach the parents, so with these it goes through a prep stage unless the
 * parents are known to be there.
 */
export function emitPiece(draft: StageDraft, piece: Piece): void {
  noteContext(draft, piece);
  if (piece.modes.single.length > 0) copyWithSingleModes(draft, piece);
  else if (piece.merges) mergeFolder(draft, piece);
  else copyFiles(draft, piece);
}

function piecesOf(
  draft: StageDraft,
  operation: CopyOperation,
  sources: readonly SpelledSource[],
): readonly Piece[] {
  const groups = new Map<string, SpelledSource[]>();
  const { dialect } = draft.emission;
  const modes = sources.map((source) => copyModes(operation, source, dialect));
  for (const [index, source] of sources.entries()) {
    const merges = source.shape === "folder" || (source.shape === "unknown" && operation.into);
    const { chmod, single } = modes[index]!;
    const apart = single.length > 0 ? index : "";
    const key = [source.from ?? "", operation.owner || chmod ? merges : "", chmod ?? "", apart].join("\0");
    groups.set(key, [...(groups.get(key) ?? []), source]);
  }
  return [...groups.values()].map((group): Piece => {
    const into = operation.into || sources.length > 1;
    const own: CopyOperation =
      groups.size === 1 ? operation : { ...operation, into, sources: group.map((one) => one.source) };
    const [first] = group;
    const ownModes = modes[sources.indexOf(first!)]!;
    const from = first?.from;
    const owner = ownerOfPiece(draft, operation, first);
    return {
      operation: own,
      sources: group,
      modes: ownModes,
      owner,
      top: beginsWithFile(first) ? { mode: 0o755, owner: undefined } : { mode: ownModes.topFolder, owner },
      merges: group.some((one) => one.shape === "folder" || (one.shape === "unknown" && operation.into)),
      flags: {
        ...(from === undefined ? {} : { from }),
        ...(dialect.modern && operation.exclude !== undefined ? { exclude: flagPatterns(operation) } : {}),
      },
    };
  });
}

function ownerOfPiece(
  draft: StageDraft,
  { owner, origin }: CopyOperation,
  first: SpelledSource | undefined,
): OwnerFlag | undefined {
  const rootOfContext = first?.source.from === "context" && owner?.user === 0 && (owner.group ?? 0) === 0;
  return owner === undefined || rootOfContext ? undefined : ownerFlag(draft, owner, origin);
}

/**
 * True when the first match is a file: then the destination is made as its parent, and directories are merged into it.
 */
function beginsWithFile(first: SpelledSource | undefined): boolean {
  return first?.found?.matches?.[0]?.shape === "file";
}

/** Excludes as BuildKit reads them: it does not take a slash in front for the top of the source. */
function flagPatterns({ exclude = [] }: CopyOperation): string[] {
  return parseIgnoreList(exclude).patterns.map(
    ({ exception, pattern }) => `${exception ? "!" : ""}${pattern}`,
  );
}

/** Notes in the ignore file what is read of the main context, and refuses excludes that cannot be expressed. */
function noteContext(draft: StageDraft, piece: Piece): void {
  const { emission } = draft;
  const { operation } = piece;
  const spelled = emission.dialect.modern ? [] : (operation.exclude ?? []);
  for (const pattern of emission.dialect.modern ? (operation.exclude ?? []) : []) {
    if (isFlagPattern(pattern)) continue;
    const reason = "has characters that a flag reads as something else";
    throw new PlanError(
      "NOT_EXPRESSIBLE",
      { field: "exclude pattern", reason },
      { subject: pattern, origin: operation.origin },
    );
  }
  for (const { source } of piece.sources) {
    if (source.from === "context" && source.context === undefined) {
      emission.ignore.use(source.path, spelled, operation.origin);
      for (const path of source.found?.through ?? []) emission.ignore.use(literalPattern(path));
    } else if (spelled.length > 0) {
      const what = "exclude patterns for files that are not of the main context";
      throw new PlanError(
        "FRONTEND_TOO_OLD",
        { what, frontend: emission.dialect.frontend },
        { subject: source.path, origin: operation.origin },
      );
    }
  }
}

function copyTo(draft: StageDraft, piece: Piece, dest: string, flags: CopyFlags): void {
  const all = { ...piece.flags, ...flags };
  // BuildKit before 1.14 takes a symbolic mode and does nothing with it (measured); this makes it refuse instead.
  const guard = all.exclude === undefined && all.chmod !== undefined && !/^[0-7]+$/.test(all.chmod);
  draft.add({
    kind: "copy",
    flags: guard ? { ...all, exclude: [NOTHING] } : all,
    sources: piece.sources.map((one) => one.pattern),
    dest,
  });
}

function destText(operation: CopyOperation): string {
  return operation.into && operation.dest !== "/" ? `${operation.dest}/` : operation.dest;
}

function chownOf(owner: OwnerFlag | undefined): CopyFlags {
  return owner === undefined ? {} : { chown: owner.text };
}

function chmodOf(modes: CopyModes): CopyFlags {
  return modes.chmod === undefined ? {} : { chmod: modes.chmod };
}

/** True when `--chown` and `--chmod` could only reach what is meant. */
function canFlag(draft: StageDraft, piece: Piece, folder: string): boolean {
  if (piece.owner?.byName && !draft.canName) return false;
  if (piece.owner === undefined && sparesNewFolders(piece.modes.chmod)) return true;
  return isFolder(draft.tree.at(draft.tree.real(folder, true)));
}

/** Copies files; their missing parents belong to root, whatever owner the files get. */
function copyFiles(draft: StageDraft, piece: Piece): void {
  const { modes, owner } = piece;
  // Builders do not agree on a link in the place of the file, so the file that it points to is named.
  const real = piece.operation.into ? piece.operation.dest : draft.tree.real(piece.operation.dest, true);
  const operation: CopyOperation = { ...piece.operation, dest: real };
  const folder = operation.into ? operation.dest : parentPath(operation.dest);
  const flags = { ...chmodOf(modes), ...chownOf(owner) };
  const link = (all: CopyFlags): CopyFlags =>
    mayEnter(draft, operation) ? {} : linkFlag(draft, folder, all);
  if (canFlag(draft, piece, folder)) {
    copyTo(draft, piece, destText(operation), { ...flags, ...link(flags) });
    return;
  }
  const open = !operation.into && piece.sources.some(({ shape }) => shape === "unknown");
  const there = draft.tree.at(operation.dest).kind;
  // A shell can look what is there, and what is copied.
  if (open && there === "unknown" && draft.shellSeen)
    throw unknownFolders(draft, [operation.dest], operation);
  const side = sideStage(draft, operation.dest, owner);
  if (open && there === "absent") {
    // A directory keeps its mode and owner as one of those that are copied, a file is there under the new name.
    copyTo(side, piece, `${OUT}/${baseName(operation.dest)}`, flags);
    side.finish();
    draft.add({
      kind: "copy",
      flags: { from: side.name, ...link({}) },
      sources: [`${OUT}/`],
      dest: slashed(folder),
    });
    return;
  }
  // It keeps its name: the destination may be a directory, which it then goes into.
  const name = operation.into ? undefined : nameOf(operation.sources[0]!);
  const out = operation.into ? `${OUT}/` : name === undefined ? OUT : `${OUT}/${name}`;
  copyTo(side, piece, out, flags);
  side.finish();
  draft.add({
    kind: "copy",
    flags: { from: side.name, ...link({}) },
    sources: [name === undefined ? out : literalPattern(out)],
    dest: destText(operation),
  });
}

/** The contents of a directory: a destination that is new gets the mode and owner of the copied directories. */
function mergeFolder(draft: StageDraft, piece: Piece): void {
  const { operation, modes, owner, top } = piece;
  const dest = draft.tree.real(operation.dest, true);
  const fact = draft.tree.at(dest);
  const flags = { ...chmodOf(modes), ...chownOf(owner) };
  const byNameHere = owner?.byName === true && !draft.canName;
  if (owner === undefined && top.mode === 0o755 && sparesNewFolders(modes.chmod)) {
    copyTo(draft, piece, destText(operation), { ...flags, ...linkFlag(draft, operation.dest, flags) });
  } else if (isFolder(fact) && !byNameHere) {
    copyTo(draft, piece, destText(operation), flags);
  } else if (fact.kind === "unknown") {
    mergeIntoUnknown(draft, piece, dest);
  } else {
    const side = sideStage(draft, operation.dest, owner);
    const name = isFolder(fact) ? "" : `/${baseName(dest)}`;
    if (name !== "") copyFolder(side, `${OUT}${name}`, { mode: top.mode, owner: top.owner?.text });
    copyTo(side, piece, `${OUT}${name}/`, flags);
    side.finish();
    const target = name === "" ? dest : parentPath(dest);
    draft.add({
      kind: "copy",
      flags: { from: side.name, ...linkFlag(draft, target, {}) },
      sources: [`${OUT}/`],
      dest: slashed(target),
    });
  }
}

/** The destination may or may not exist: an owner reaches it only if it is new, as it should be. */
function mergeIntoUnknown(draft: StageDraft, piece: Piece, dest: string): void {
  const { operation, modes, owner, top } = piece;
  const unsafe =
    top.mode !== 0o755 ||
    top.owner !== owner ||
    !sparesNewFolders(modes.chmod) ||
    (owner?.byName && !draft.canName);
  if (unsafe) throw unknownFolders(draft, [dest], operation);
  if (owner !== undefined) makeParent(draft, dest, operation);
  copyTo(draft, piece, destText(operation), { ...chmodOf(modes), ...chownOf(owner) });
}

/**
 * Missing parents are root's: they are made first, and where they exist this changes nothing. Where they do not, it
 * takes a layer, which a shell spares.
 */
function makeParent(draft: StageDraft, dest: string, operation: CopyOperation): void {
  const parent = parentPath(dest);
  if (isFolder(draft.tree.at(parent))) return;
  if (draft.shellSeen && draft.tree.wasAbsent(parent)) throw unknownFolders(draft, [dest], operation);
  copyFolderEntry(draft, parent);
}

/** A tree whose entries need modes of their own: copied whole, then the odd ones once more over themselves. */
function copyWithSingleModes(draft: StageDraft, piece: Piece): void {
  const { operation, modes, owner } = piece;
  const dest = draft.tree.real(operation.dest, true);
  const fact = draft.tree.at(dest);
  const looks = owner !== undefined || modes.topFolder !== 0o755;
  // If it is unknown whether the destination exists, the owner is given by the last COPY, which reaches a new one.
  const late = looks && fact.kind === "unknown";
  if (late && (modes.topFolder !== 0o755 || (owner?.byName && !draft.canName))) {
    throw unknownFolders(draft, [dest], operation);
  }
  const early = late ? undefined : owner;
  const side = sideStage(draft, operation.dest, early);
  const wholeTop = looks && fact.kind === "absent";
  const top = wholeTop ? `${OUT}/${baseName(dest)}` : OUT;
  if (wholeTop) copyFolder(side, top, { mode: modes.topFolder, owner: early?.text });
  copyTo(side, piece, `${top}/`, chownOf(early));
  copyEntries(side, piece, top, early);
  side.finish();
  const parent = parentPath(dest);
  if (late) makeParent(draft, dest, operation);
  const target = wholeTop ? parent : operation.dest;
  const flags = late ? chownOf(owner) : linkFlag(draft, target, {});
  draft.add({
    kind: "copy",
    flags: { from: side.name, ...flags },
    sources: [`${OUT}/`],
    dest: slashed(target),
  });
}

/** Copies entries over themselves with the modes that they are to have, a COPY for each directory and mode. */
function copyEntries(side: StageDraft, piece: Piece, top: string, owner: OwnerFlag | undefined): void {
  const [first] = piece.sources;
  const real = first?.found?.through?.at(-1);
  const pattern = (real && literalPattern(real)) ?? first?.pattern ?? ".";
  const prefix = pattern === "." ? "" : `${pattern}/`;
  const groups = new Map<string, { dest: string; mode: number; sources: string[] }>();
  for (const entry of piece.modes.single) {
    if (entry.type === "folder") {
      copyFolder(side, `${top}/${entry.path}`, { mode: entry.mode, owner: owner?.text });
      continue;
    }
    const folder = parentPath(`${top}/${entry.path}`);
    const key = `${folder}\0${entry.mode}`;
    const group = groups.get(key) ?? { dest: folder, mode: entry.mode, sources: [] };
    group.sources.push(`${prefix}${literalPattern(entry.path)}`);
    groups.set(key, group);
  }
  for (const group of groups.values()) {
    const { from } = piece.flags;
    const flags = {
      ...(from === undefined ? {} : { from }),
      chmod: octalText(group.mode),
      ...chownOf(owner),
    };
    side.add({ kind: "copy", flags, sources: group.sources, dest: `${group.dest}/` });
  }
}

function unknownFolders(draft: StageDraft, folders: readonly string[], operation: CopyOperation): PlanError {
  return new PlanError(
    "FOLDERS_UNKNOWN",
    { folders, base: draft.real.baseLabel },
    { subject: folders[0], origin: operation.origin },
  );
}
