import { sizeText } from "../../../core/size.js";

/** A number with its noun: `1 layer`, `1,204 layers`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
}

/** A share as people read it: `12 %`, `< 1 %`. */
export function percentText(part: number, whole: number): string {
  if (whole === 0 || part === 0) return "0 %";
  const percent = (100 * part) / whole;
  return percent < 1 ? "< 1 %" : `${Math.round(percent)} %`;
}

/** A size with its sign: `+1.2 MB`, `−3 kB`, `±0`. */
export function changeText(bytes: number): string {
  if (bytes === 0) return "±0";
  return `${bytes > 0 ? "+" : "−"}${sizeText(Math.abs(bytes))}`;
}

/** The day and the minute of a time, the same for every reader: `2026-11-28 12:00 UTC`. */
export function timeText(at: string): string {
  return `${at.slice(0, 10)} ${at.slice(11, 16)} UTC`;
}

/** Enough of a digest to tell layers apart. */
export function shortDigest(digest: string): string {
  return digest.replace(/^sha256:(.{12}).*$/, "$1");
}

/** Returns the description of a layer without the words that every Dockerfile puts around it. */
export function layerName(description: string): string {
  const plain = description
    .replace(/^\/bin\/sh -c (#\(nop\) +)?/, "")
    .replace(/^RUN (\/bin\/sh -c )?/, "")
    .replace(/ # buildkit$/, "")
    .trim();
  return plain === "" ? "layer" : plain;
}
