import { StepError } from "../../errors/layerwright-error.js";
import { type Origin, originText } from "../../errors/origin.js";
import type { SandboxEnd } from "../../ports/sandbox.js";

/** Lines kept for the message of a failure. */
const KEPT = 20;
/** Longer lines are cut: a command may print megabytes without a line break. */
const LONGEST = 4096;

type Stream = "stdout" | "stderr";

/** Colours, titles and the like: a message is text. */
const CONTROLS = /\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|[\x00-\x08\x0b-\x1f\x7f]/g;

/** Splits what a command prints into lines, hides secrets in them, and remembers the last ones. */
export class OutputLines {
  readonly #hidden: readonly string[];
  readonly #overlap: number;
  readonly #onLine: (line: string) => void;
  readonly #last: { readonly stream: Stream; readonly line: string }[] = [];
  readonly #open = { stdout: "", stderr: "" };
  readonly #decoders = { stdout: new TextDecoder(), stderr: new TextDecoder() };

  constructor(secrets: readonly Uint8Array[], onLine: (line: string) => void) {
    this.#hidden = hiddenTexts(secrets);
    this.#overlap = this.#hidden[0]?.length ?? 0;
    this.#onLine = onLine;
  }

  add(stream: Stream, piece: Uint8Array): void {
    const text = this.#open[stream] + this.#decoders[stream].decode(piece, { stream: true });
    const lines = text.split(/\r?\n/);
    const open = lines.pop() ?? "";
    for (const line of lines) this.#line(stream, line);
    // What is cut off must not end within a secret.
    this.#open[stream] = open.length > LONGEST ? this.#pieces(stream, this.#hide(open), this.#overlap) : open;
  }

  /** Ends lines without a line break, and gives the last ones of all. */
  end(): readonly string[] {
    for (const stream of ["stdout", "stderr"] as const) {
      if (this.#open[stream] !== "") this.#line(stream, this.#open[stream]);
      this.#open[stream] = "";
    }
    return this.#last.map(({ line }) => line);
  }

  #line(stream: Stream, text: string): void {
    // A progress bar draws over its own line: what it drew last is the line.
    const drawn = text.slice(text.lastIndexOf("\r") + 1);
    this.#tell(stream, this.#pieces(stream, this.#hide(drawn), 0));
  }

  /** Tells all of a long text but its end, which it gives back with as much more as is asked for. */
  #pieces(stream: Stream, text: string, more: number): string {
    let rest = text;
    while (rest.length > LONGEST + more) {
      this.#tell(stream, rest.slice(0, LONGEST));
      rest = rest.slice(LONGEST);
    }
    return rest;
  }

  #hide(text: string): string {
    return this.#hidden.reduce((shown, secret) => shown.replaceAll(secret, "***"), text);
  }

  #tell(stream: Stream, line: string): void {
    this.#last.push({ stream, line: line.replace(CONTROLS, "") });
    if (this.#last.length > KEPT) this.#forgetOne();
    this.#onLine(line);
  }

  /** The streams are read apart: much of one that comes late must not push out the other, which may hold the error. */
  #forgetOne(): void {
    const ofStdout = this.#last.filter(({ stream }) => stream === "stdout").length;
    const longer = ofStdout > KEPT / 2 ? "stdout" : "stderr";
    this.#last.splice(
      this.#last.findIndex(({ stream }) => stream === longer),
      1,
    );
  }
}

/** Shorter pieces would hide half of every log. */
const SHORTEST = 4;

/** The forms in which a secret could be printed: its lines, and base64 or hex of it. */
function hiddenTexts(secrets: readonly Uint8Array[]): string[] {
  const texts = new Set<string>();
  for (const secret of secrets) {
    const bytes = Buffer.from(secret);
    for (const line of bytes.toString("utf8").split(/\r?\n/)) texts.add(line.trim());
    for (const form of [bytes, Buffer.from(bytes.toString("utf8").trim())]) {
      texts.add(form.toString("base64").replace(/=+$/, ""));
      texts.add(form.toString("hex"));
    }
  }
  return [...texts]
    .filter((text) => text.length >= SHORTEST)
    .sort((left, right) => right.length - left.length);
}

/** A clean-up that a pass added to a command before this one. */
export interface Cleaned {
  readonly managers: readonly string[];
  readonly command: string;
  readonly origin: Origin | undefined;
}

/** Throws `RUN_TIMED_OUT` or `RUN_FAILED` for a command that did not end as it should. */
export function checkEnd(
  { exitCode, timedOut }: Pick<SandboxEnd, "exitCode" | "timedOut">,
  about: {
    readonly command: string;
    readonly origin: Origin | undefined;
    /** The last lines that it printed. */
    readonly output: readonly string[];
    readonly seconds?: number | undefined;
    readonly cleaned?: readonly Cleaned[];
  },
): void {
  const { command, origin, output, seconds = 0, cleaned = [] } = about;
  const context = { subject: command, origin, command, output };
  if (timedOut)
    throw new StepError("RUN_TIMED_OUT", { command, seconds, output }, { ...context, exitCode: 124 });
  if (exitCode !== 0)
    throw new StepError(
      "RUN_FAILED",
      { command, exitCode, output, ...missing(command, output, cleaned) },
      { ...context, exitCode },
    );
}

/** Leftovers that a pass removed and a command may have needed, as its text or last lines name the package manager. */
function missing(
  command: string,
  output: readonly string[],
  cleaned: readonly Cleaned[],
): { removed?: { manager: string; command: string; place: string } } {
  const text = [command, ...output].join("\n");
  for (const { managers, command: step, origin } of cleaned) {
    const manager = managers.find((name) => new RegExp(`\\b${name}(-get|-cache)?\\b`).test(text));
    if (manager === undefined) continue;
    return { removed: { manager, command: step, place: origin === undefined ? "" : originText(origin) } };
  }
  return {};
}
