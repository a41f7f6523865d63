import { sizeText } from "../core/size.js";
import { type Origin, originText } from "../errors/origin.js";
import type { Cell } from "./columns.js";
import type { Paint } from "./paint.js";

/** A number of bytes with its sign: `+12 kB`, `-4 MB`. */
export function signedSize(bytes: number): string {
  return `${bytes < 0 ? "-" : "+"}${sizeText(Math.abs(bytes))}`;
}

/** A size before and after, and what is between them where that is anything. */
export function change(before: number, after: number): string {
  if (before === after) return sizeText(before);
  const [old, now] = [sizeText(before), sizeText(after)];
  return `${old === now ? now : `${old} -> ${now}`} (${signedSize(after - before)})`;
}

/** The sign of a row: what came, went or changed. */
export function mark(
  what: "added" | "new" | "removed" | "gone" | "changed" | "kept",
  { green, red, yellow, dim }: Paint,
): Cell {
  switch (what) {
    case "added":
    case "new":
      return { text: "+", paint: green };
    case "removed":
    case "gone":
      return { text: "-", paint: red };
    case "changed":
      return { text: "~", paint: yellow };
    case "kept":
      return { text: "=", paint: dim };
  }
}

/** The user's line as the last cell of a row. */
export function place(origin: Origin | undefined, paint: Paint): Cell {
  return { text: origin === undefined ? "" : originText(origin), paint: paint.cyan };
}
