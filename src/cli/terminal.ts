import { randomBytes } from "node:crypto";
import { shownText } from "../core/shown-text.js";

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

/** Puts text in a colour, or leaves it as it is. */
export interface Paint {
  bold(text: string): string;
  dim(text: string): string;
  red(text: string): string;
  green(text: string): string;
  yellow(text: string): string;
  cyan(text: string): string;
}

/** What decides about colour. */
interface ColorChoice {
  /** `--color` or `--no-color`, when one was given. */
  readonly flag: boolean | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** True when the stream is a terminal. */
  readonly terminal: boolean;
}

/** The flag, then NO_COLOR (when not empty), then FORCE_COLOR (`0` is off), then whether the stream is a terminal. */
export function wantsColor({ flag, env, terminal }: ColorChoice): boolean {
  if (flag !== undefined) return flag;
  if ((env["NO_COLOR"] ?? "") !== "") return false;
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined && forced !== "") return forced !== "0" && forced !== "false";
  return terminal && env["TERM"] !== "dumb";
}

/**
 * The colours of a stream.
 *
 * @param start what a code starts with: an escape, or what stands for one until the text is written (see terminal.ts)
 */
export function paintWith(color: boolean, start = "\u001b["): Paint {
  const code =
    (on: number, off: number) =>
    (text: string): string =>
      color && text !== "" ? `${start}${on}m${text}${start}${off}m` : text;
  return {
    bold: code(1, 22),
    dim: code(2, 22),
    red: code(31, 39),
    green: code(32, 39),
    yellow: code(33, 39),
    cyan: code(36, 39),
  };
}
