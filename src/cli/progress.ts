import type { Progress } from "../ports/progress.js";
import type { ProgressMode, Session } from "./session.js";
import { say, wantsColor } from "./terminal.js";

/** Shows progress on standard error while something runs, in the way that the options and the terminal allow. */
export async function withProgress<T>(
  session: Session,
  work: (progress: Progress | undefined) => Promise<T>,
): Promise<T> {
  const { options } = session;
  const stream = process.stderr;
  const terminal = stream.isTTY === true;
  const mode = options.quiet === true ? "quiet" : options.progress;
  const shown = progressShown(mode, { env: process.env, terminal, columns: stream.columns ?? 0 });
  if (shown === "quiet") return await work(undefined);
  const progress =
    shown === "tty"
      ? await (await import("../adapters/progress/progress-ora.js")).progressOra({
          stream,
          color: wantsColor({ flag: options.color, env: process.env, terminal }),
        })
      : (await import("../adapters/progress/progress-lines.js")).progressLines({
          write: (text) => say(stream, text),
        });
  try {
    return await work(progress);
  } finally {
    progress.close();
  }
}

/** What decides about a spinner. */
interface ProgressSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly terminal: boolean;
  /** Columns of the terminal; 0 where it does not say. */
  readonly columns: number;
}

/**
 * What is shown where: `auto` is a spinner on a terminal that can draw one, else plain lines. A terminal without
 * columns gets plain lines even under `tty`: a spinner there never ends.
 */
export function progressShown(mode: ProgressMode, around: ProgressSurroundings): "tty" | "plain" | "quiet" {
  if (mode === "quiet" || mode === "plain") return mode;
  const drawable = around.terminal && around.columns > 0;
  if (mode === "tty") return drawable ? "tty" : "plain";
  return drawable && !isCi(around.env) && around.env["TERM"] !== "dumb" ? "tty" : "plain";
}

function isCi(env: ProgressSurroundings["env"]): boolean {
  const ci = env["CI"] ?? "";
  return ci !== "" && ci !== "0" && ci !== "false";
}
