import { lastCopy, type StoredContent } from "./stored-content.js";
import { placeOf, type Wasted, type Writer } from "./wasted.js";

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
        fix: (writer) => fixOf(writer, keptName),
      },
    ];
  });
}

function fixOf({ step }: Writer, kept: string): string {
  if (step === "base") return "the base has it twice: take another base";
  const link = `symlink(${JSON.stringify(`/${kept}`)}, ...)`;
  if (step === "copy")
    return `leave it out of the copy with exclude: [...]; where its name is needed, ${link}`;
  return `write one of them; where the other name is needed, ${link}`;
}
