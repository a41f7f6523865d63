import { sameXattrs } from "../../rootfs/difference.js";
import type { ObservedEntry } from "../observed-image.js";
import { type Fate, lastCopy, type StoredContent } from "./stored-content.js";
import type { WasteKind } from "./waste-report.js";

/** The step that wrote a file, as far as advice about it depends on that. */
export interface Writer {
  /** `base` is a base that nobody here describes; `write` are the file steps but copies; `other` is what is not known. */
  readonly step: "copy" | "command" | "write" | "base" | "other";
  /** True when they lie in the layers below the image's own. */
  readonly inherited: boolean;
}

/** A path in a layer, without a leading slash. */
export interface Place {
  readonly layer: number;
  readonly path: string;
}

/** One file that is waste. */
export interface Wasted {
  readonly kind: WasteKind;
  readonly what: string;
  /** The place of the bytes. */
  readonly place: Place;
  readonly bytes: number;
  /** Its name for people, without a leading slash. */
  readonly path: string;
  readonly by?: Place;
  readonly of?: Place;
  /** Returns the way to avoid it, in one line; `of` is the step that wrote the file of `of`. */
  fix(writer: Writer, of?: Writer): string;
}

/** Returns the place where a content was written. */
export function placeOf({ layer, entry }: StoredContent): Place {
  return { layer, path: entry.path };
}

function wastedAt(content: StoredContent): Pick<Wasted, "place" | "bytes" | "path"> {
  return { place: placeOf(content), bytes: content.entry.size, path: content.entry.path };
}

/** A difference between a copy of a file and the file below. */
type Change = "mode" | "owner" | "attributes" | "time";

/** Returns the files that a layer stores again for another mode, owner, attribute or time, or for nothing. */
export function copiedUpFiles(contents: readonly StoredContent[]): Wasted[] {
  return contents.flatMap((content): Wasted[] => {
    const { copyOf, entry } = content;
    if (copyOf === undefined) return [];
    const changes = changesOf(copyOf.entry, entry);
    const what = changes.length === 0 ? "for nothing: it is the same" : `for its ${changes.join(" and ")}`;
    const fix: Wasted["fix"] = (writer, of) => copiedUpFix(changes, entry, writer, of);
    return [{ kind: "copied-up", ...wastedAt(content), what, of: placeOf(copyOf), fix }];
  });
}

function changesOf(before: ObservedEntry, after: ObservedEntry): Change[] {
  const changes: Change[] = [];
  if (before.mode !== after.mode) changes.push("mode");
  if (before.uid !== after.uid || before.gid !== after.gid) changes.push("owner");
  if (!sameXattrs(before.xattrs, after.xattrs)) changes.push("attributes");
  if (changes.length === 0 && before.mtime !== after.mtime) changes.push("time");
  return changes;
}

function copiedUpFix(
  changes: readonly Change[],
  { mode, uid, gid }: ObservedEntry,
  { step }: Writer,
  of: Writer | undefined,
): string {
  if (step === "base") return "the base does it: take another base";
  if (of?.step === "base") return "the base's file is stored once more for this: leave it as the base has it";
  if (changes.includes("attributes")) return "set the attributes in the command that writes the file";
  const options: string[] = [];
  if (changes.includes("mode")) options.push(`mode: 0o${mode.toString(8).padStart(3, "0")}`);
  if (changes.includes("owner")) options.push(`owner: "${uid}:${gid}"`);
  if (options.length === 0) return "leave this step's writing out: the file is there already";
  return `say it where the file is written: copy(..., { ${options.join(", ")} }), or in the command that makes it`;
}

/** Returns the files of the final root file system whose bytes an earlier file has too. */
export function duplicateFiles(contents: readonly StoredContent[]): Wasted[] {
  const first = new Map<string, StoredContent>();
  return contents.flatMap((content): Wasted[] => {
    const { entry } = content;
    if (entry.sha256 === undefined) return [];
    const kept = first.get(entry.sha256);
    if (kept === undefined) {
      first.set(entry.sha256, content);
      return [];
    }
    const path = lastCopy(content).names[0]!;
    const fix = (writer: Writer) => duplicateFix(writer, lastCopy(kept).names[0]!);
    const what = "another file has the same bytes";
    return [{ kind: "duplicate", ...wastedAt(content), what, path, of: placeOf(kept), fix }];
  });
}

function duplicateFix({ step }: Writer, kept: string): string {
  if (step === "base") return "the base has it twice: take another base";
  const link = `symlink(${JSON.stringify(`/${kept}`)}, ...)`;
  if (step === "copy")
    return `leave it out of the copy with exclude: [...]; where its name is needed, ${link}`;
  return `write one of them; where the other name is needed, ${link}`;
}

/** Returns the files of the layers that a later layer overwrites, or those that one removes. */
export function lostFiles(contents: readonly StoredContent[], kind: Fate["kind"]): Wasted[] {
  return contents.flatMap((content): Wasted[] => {
    const { fate } = content;
    if (fate?.kind !== kind) return [];
    const by = { layer: fate.layer, path: fate.path };
    const what =
      kind === "overwritten" && by.layer === content.layer ? "twice in one layer" : "by a later layer";
    const fix = (writer: Writer) => lostFix(writer, kind);
    return [{ kind, ...wastedAt(content), what, path: by.path, by, fix }];
  });
}

function lostFix({ step, inherited }: Writer, kind: Fate["kind"]): string {
  const oneLayer = inherited ? 'squash("all"), which shares no layer' : 'squash("own")';
  const overwritten = kind === "overwritten";
  if (step === "base") return `the base brings it: take a base without it, or ${oneLayer}`;
  if (step === "copy")
    return `leave it out of the ${overwritten ? "first copy" : "copy"} with exclude: [...], or ${oneLayer}`;
  if (overwritten) return `write it once, or both times in one layer: layer(name, recipe) or ${oneLayer}`;
  if (step === "command") return `remove it in the command that makes it, or ${oneLayer}`;
  return `write and remove it in one layer: layer(name, recipe) or ${oneLayer}`;
}

const SETUID = 0o4000;
const SETGID = 0o2000;
const GROUP_EXECUTE = 0o010;

/** Returns the files of the final root file system that run with their owner's or group's rights: a notice. */
export function privilegedFiles(contents: readonly StoredContent[]): Wasted[] {
  return contents.flatMap((content): Wasted[] => {
    if (content.fate !== undefined || content.copyOf !== undefined) return [];
    const last = lastCopy(content);
    const bits = privilegeOf(last.entry.mode);
    if (bits === undefined) return [];
    const what = `runs with the rights of its ${bits === SETUID ? "owner" : "group"}`;
    return [{ kind: "setuid", ...wastedAt(last), what, bytes: 0, path: last.names[0]!, fix: privilegedFix }];
  });
}

/** Setgid without the group's execute bit means mandatory locking, as in inode(7). */
function privilegeOf(mode: number): number | undefined {
  if ((mode & SETUID) !== 0) return SETUID;
  return (mode & SETGID) !== 0 && (mode & GROUP_EXECUTE) !== 0 ? SETGID : undefined;
}

function privilegedFix({ step }: Writer): string {
  if (step === "base") return "where nobody needs it, take a base without it";
  if (step === "copy") return "where nobody needs it, copy(..., { mode: 0o755 })";
  return "where nobody needs it, chmod a-s in the command that installs it: a later layer would copy the file";
}
