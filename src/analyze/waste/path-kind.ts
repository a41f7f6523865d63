import { lastCopy, type StoredContent } from "./stored-content.js";
import type { WasteKind } from "./waste-report.js";
import { placeOf, type Wasted, type Writer } from "./wasted.js";

/** A kind of waste that is told by the name of a file. */
export interface PathKind {
  readonly kind: WasteKind;
  /** What a file of this name is; undefined when it is none of these. The path has no leading slash. */
  recognize(path: string): PathMatch | undefined;
}

/** What a file is, and how an image is without it. */
export interface PathMatch {
  /** In a few words. */
  readonly what: string;
  /** The pattern that keeps it out of a copy. */
  readonly exclude: string;
  /** What to do where it was not copied, in one line. */
  readonly advice: string;
}

/** A file of this kind, if every name that it has is of it: a cache may share its files with what was installed. */
export function wastedByPath(content: StoredContent, { kind, recognize }: PathKind): Wasted | undefined {
  const { names } = lastCopy(content);
  const match = recognize(names[0]!);
  if (match === undefined) return undefined;
  for (let at = 1; at < names.length; at++) if (recognize(names[at]!) === undefined) return undefined;
  return {
    kind,
    what: match.what,
    place: placeOf(content),
    bytes: content.entry.size,
    path: names[0]!,
    fix: (writer) => fixOf(writer, match),
  };
}

function fixOf({ step }: Writer, { exclude, advice }: PathMatch): string {
  if (step === "base") return "the base brings it: take a base without it";
  if (step === "write") return "do not write it into the image";
  if (step === "copy") return `leave it out of the copy: exclude: [${JSON.stringify(exclude)}]`;
  return advice;
}
