import { shownText } from "../core/shown-text.js";

/** Where a question is asked, and the terminal that its answer is typed on. */
export interface AskPlaces {
  readonly input: NodeJS.ReadStream;
  readonly output: NodeJS.WritableStream;
}

const ENTER = new Set(["\r", "\n"]);
const RUB_OUT = new Set(["\x7f", "\b"]);
const CTRL_C = "\x03";
const CTRL_D = "\x04";
const CTRL_U = "\x15";
/** Arrow keys and the like, and the marks around what is pasted: more than one character, and none of the answer. */
const KEY_SEQUENCES = /\x1b(?:\[[0-9;]*[A-Za-z~]|O[A-Z])/g;

/**
 * Asks for a line on a terminal, whose own echo is off: what is typed is shown only where it is no secret. Ctrl-C
 * interrupts this process, as it does outside of a question.
 */
export function ask(
  question: string,
  { secret, places, signal }: { secret: boolean; places: AskPlaces; signal: AbortSignal },
): Promise<string> {
  const { input, output } = places;
  return new Promise((resolve, reject) => {
    let answer = "";
    const end = (settle: () => void): void => {
      input.off("data", onData).off("end", onEnd);
      signal.removeEventListener("abort", onAbort);
      input.setRawMode(false);
      input.pause();
      output.write("\n");
      settle();
    };
    const onAbort = (): void => end(() => reject(signal.reason));
    const onEnd = (): void => end(() => resolve(answer));
    const onData = (typed: string | Buffer): void => {
      const keys = [...String(typed).replace(KEY_SEQUENCES, "")];
      for (const [index, key] of keys.entries()) {
        if (ENTER.has(key) || (key === CTRL_D && answer === "")) {
          // What was typed ahead is for the next question.
          const rest = keys.slice(index + 1).join("");
          end(() => resolve(answer));
          if (rest !== "") input.unshift(rest);
          return;
        }
        if (key === CTRL_C) {
          process.kill(process.pid, "SIGINT");
          return;
        }
        if (RUB_OUT.has(key)) {
          if (!secret && answer !== "") output.write("\b \b");
          answer = [...answer].slice(0, -1).join("");
        } else if (key === CTRL_U) {
          if (!secret) output.write("\b \b".repeat([...answer].length));
          answer = "";
        } else if (key >= " ") {
          answer += key;
          if (!secret) output.write(key);
        }
      }
    };
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    output.write(shownText(question));
    input.setRawMode(true);
    input.setEncoding("utf8").on("data", onData).once("end", onEnd);
    signal.addEventListener("abort", onAbort, { once: true });
    input.resume();
  });
}
