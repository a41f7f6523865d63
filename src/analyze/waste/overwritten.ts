import type { StoredContent } from "./stored-content.js";
import { oneLayer, placeOf, type Wasted, type Writer } from "./wasted.js";

/** Files that a later layer has something else for. */
export function overwrittenFiles(contents: readonly StoredContent[]): Wasted[] {
  return contents.flatMap((content): Wasted[] => {
    const { fate, entry } = content;
    if (fate?.kind !== "overwritten") return [];
    const { layer, path } = fate;
    const what = layer === content.layer ? "twice in one layer" : "by a later layer";
    const place = placeOf(content);
    return [{ kind: "overwritten", what, place, bytes: entry.size, path, by: { layer, path }, fix: fixOf }];
  });
}

function fixOf(writer: Writer): string {
  switch (writer.step) {
    case "base":
      return `the base brings it: take a base without it, or ${oneLayer(writer)}`;
    case "copy":
      return `leave it out of the first copy with exclude: [...], or ${oneLayer(writer)}`;
    default:
      return `write it once, or both times in one layer: layer(name, recipe) or ${oneLayer(writer)}`;
  }
}
