import type { StoredContent } from "./stored-content.js";
import { oneLayer, placeOf, type Wasted, type Writer } from "./wasted.js";

/** Files that a later layer hides. */
export function removedFiles(contents: readonly StoredContent[]): Wasted[] {
  return contents.flatMap((content): Wasted[] => {
    const { fate, entry } = content;
    if (fate?.kind !== "removed") return [];
    const { layer, path } = fate;
    const what = "by a later layer";
    const place = placeOf(content);
    return [{ kind: "removed", what, place, bytes: entry.size, path, by: { layer, path }, fix: fixOf }];
  });
}

function fixOf(writer: Writer): string {
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
