import { randomBytes } from "node:crypto";
import { shownText } from "../core/shown-text.js";
import { type Paint, paintWith, wantsColor } from "./paint.js";

/** Stands for the start of a colour of ours until text is written: nobody whose text is in it can have written this. */
const MARK = `\u001b[${randomBytes(8).toString("hex")};`;

/** Lines that begin so are commands to the runners of some build services, which read them out of any output. */
const RUNNER_COMMAND = /^(\s*)(?=::|##\[|##vso\[)/gm;

/** The colours that a stream takes under these options, for text that `say` writes. */
export function paintOf(options: { readonly color?: boolean }, stream: NodeJS.WriteStream): Paint {
  const terminal = stream.isTTY === true;
  return paintWith(wantsColor({ flag: options.color, env: process.env, terminal }), MARK);
}

/**
 * Writes text for people or programs, in which there are names and words by others. Colours that it was painted with
 * are the only thing in it that a terminal obeys.
 */
export function say(stream: NodeJS.WritableStream, text: string): void {
  stream.write(terminalText(text));
}

/** The text that `say` writes. */
export function terminalText(text: string): string {
  return text.split(MARK).map(shownText).join("\u001b[").replace(RUNNER_COMMAND, "$1\\");
}
