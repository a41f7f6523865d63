import type { Unknown } from "../../engine/described/unknown.js";
import { type Origin, originText } from "../../errors/origin.js";

/** Why an assertion does not hold. */
export interface Failure {
  readonly message: string;
  readonly actual: unknown;
  readonly expected: unknown;
  /** It is not that the image is otherwise: only a build can tell. */
  readonly unknown: boolean;
}

/** What a message says below its first line: words and what they are about. */
export type Details = readonly (readonly [label: string, text: string | undefined])[];

/** An assertion that does not hold. */
export function failure(what: string, actual: unknown, expected: unknown, details: Details = []): Failure {
  const lines = details.filter(([, text]) => text !== undefined && text !== "");
  const width = Math.max(0, ...lines.map(([label]) => label.length)) + 1;
  const below = lines.map(([label, text]) => `\n  ${`${label}:`.padEnd(width)} ${text}`);
  return { message: `${what}${below.join("")}`, actual, expected, unknown: false };
}

/** An assertion that cannot be judged without a build. */
export function unknowable(what: string, expected: unknown, { because, origin }: Unknown): Failure {
  const { message } = failure(`${what} is not known without a build`, undefined, expected, [
    ["since", because],
    ["at", placeText(origin)],
    ["to test it", "build the image, and look at the archive with expectArchive(path)"],
  ]);
  return { message, actual: undefined, expected, unknown: true };
}

/** The user's place as text; undefined where there is none. */
export function placeText(origin: Origin | undefined): string | undefined {
  return origin === undefined ? undefined : originText(origin);
}
