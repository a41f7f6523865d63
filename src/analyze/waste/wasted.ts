import { sameXattrs } from "../../layer/same-node.js";
import type { ObservedEntry } from "../observed-image.js";
import { lastCopy, type StoredContent } from "./stored-content.js";
import type { WasteKind } from "./waste-report.js";

/** What wrote files, as far as it matters for how to be without them. */
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
  /** Where the bytes lie, and what wrote them there. */
  readonly place: Place;
  readonly bytes: number;
  /** Its name for people, without a leading slash. */
  readonly path: string;
  readonly by?: Place;
  readonly of?: Place;
  /**
   * What to do about it, in one line.
   *
   * @param of what wrote the file of `of`
   */
  fix(writer: Writer, of?: Writer): string;
}

/** Where a content was written. */
export function placeOf({ layer, entry }: StoredContent): Place {
  return { layer, path: entry.path };
}

/** What would put a file and what undoes it into one layer. */
export function oneLayer({ inherited }: Writer): string {
  return inherited ? 'squash("all"), which shares no layer' : 'squash("own")';
}

/** What a copy of a file has otherwise than the file below. */
type Change = "mode" | "owner" | "attributes" | "time";

/** Files that a layer has once more for their mode, owner, attributes or time alone, or for nothing at all. */
export function copiedUpFiles(contents: readonly StoredContent[]): Wasted[] {
  return contents.flatMap((content): Wasted[] => {
    const { copyOf, entry } = content;
    if (copyOf === undefined) return [];
    const changes = changesOf(copyOf.entry, entry);
    const place = placeOf(content);
    return [
      {
        kind: "copied-up",
        what: changes.length === 0 ? "for nothing: it is the same" : `for its ${changes.join(" and ")}`,
        place,
        bytes: entry.size,
        path: entry.path,
        of: placeOf(copyOf),
        fix: (writer, of) => copiedUpFix(changes, entry, writer, of),
      },
    ];
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

/** Files whose bytes another file of the final root file system has too; of each set the first to be written is kept. */
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
    const keptName = lastCopy(kept).names[0]!;
    return [
      {
        kind: "duplicate",
        what: "another file has the same bytes",
        place: placeOf(content),
        bytes: entry.size,
        path: lastCopy(content).names[0]!,
        of: { layer: kept.layer, path: kept.entry.path },
        fix: (writer) => duplicateFix(writer, keptName),
      },
    ];
  });
}

function duplicateFix({ step }: Writer, kept: string): string {
  if (step === "base") return "the base has it twice: take another base";
  const link = `symlink(${JSON.stringify(`/${kept}`)}, ...)`;
  if (step === "copy")
    return `leave it out of the copy with exclude: [...]; where its name is needed, ${link}`;
  return `write one of them; where the other name is needed, ${link}`;
}

/** Files that a later layer has something else for. */
export function overwrittenFiles(contents: readonly StoredContent[]): Wasted[] {
  return contents.flatMap((content): Wasted[] => {
    const { fate, entry } = content;
    if (fate?.kind !== "overwritten") return [];
    const { layer, path } = fate;
    const what = layer === content.layer ? "twice in one layer" : "by a later layer";
    const place = placeOf(content);
    return [
      { kind: "overwritten", what, place, bytes: entry.size, path, by: { layer, path }, fix: overwrittenFix },
    ];
  });
}

function overwrittenFix(writer: Writer): string {
  switch (writer.step) {
    case "base":
      return `the base brings it: take a base without it, or ${oneLayer(writer)}`;
    case "copy":
      return `leave it out of the first copy with exclude: [...], or ${oneLayer(writer)}`;
    default:
      return `write it once, or both times in one layer: layer(name, recipe) or ${oneLayer(writer)}`;
  }
}

const SETUID = 0o4000;
const SETGID = 0o2000;
const GROUP_EXECUTE = 0o010;

/** Files of the final root file system that run with their owner's or group's rights: no bytes, a notice. */
export function privilegedFiles(contents: readonly StoredContent[]): Wasted[] {
  return contents.flatMap((content): Wasted[] => {
    if (content.fate !== undefined || content.copyOf !== undefined) return [];
    const last = lastCopy(content);
    const bits = privilegeOf(last.entry.mode);
    if (bits === undefined) return [];
    const what = `runs with the rights of its ${bits === SETUID ? "owner" : "group"}`;
    return [
      { kind: "setuid", what, place: placeOf(last), bytes: 0, path: last.names[0]!, fix: privilegedFix },
    ];
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

/** Files that a later layer hides. */
export function removedFiles(contents: readonly StoredContent[]): Wasted[] {
  return contents.flatMap((content): Wasted[] => {
    const { fate, entry } = content;
    if (fate?.kind !== "removed") return [];
    const { layer, path } = fate;
    const what = "by a later layer";
    const place = placeOf(content);
    return [{ kind: "removed", what, place, bytes: entry.size, path, by: { layer, path }, fix: removedFix }];
  });
}

function removedFix(writer: Writer): string {
  switch (writer.step) {
    case "base":
      return `the base brings it: take a base without it, or ${oneLayer(writer)}`;
    case "copy":
      return `leave it out of the copy with exclude: [...], or ${oneLayer(writer)}`;
    case "command":
      return `remove it in the command that makes it, or ${oneLayer(writer)}`;
    default:
      return `write and remove it in one layer: layer(name, recipe) or ${oneLayer(writer)}`;
  }
}
