import { sameXattrs } from "../../layer/same-node.js";
import type { ObservedEntry } from "../observed-image.js";
import type { StoredContent } from "./stored-content.js";
import { placeOf, type Wasted, type Writer } from "./wasted.js";

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
        fix: (writer, of) => fixOf(changes, entry, writer, of),
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

function fixOf(
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
