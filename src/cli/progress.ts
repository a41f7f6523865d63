import type { Progress } from "../ports/progress.js";
import { wantsColor } from "./paint.js";
import { progressShown } from "./progress-mode.js";
import type { Session } from "./session.js";
import { say } from "./terminal.js";

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
      ? await (await import("../adapters/progress-ora/progress-ora.js")).progressOra({
          stream,
          color: wantsColor({ flag: options.color, env: process.env, terminal }),
        })
      : (await import("../adapters/progress-lines/progress-lines.js")).progressLines({
          write: (text) => say(stream, text),
        });
  try {
    return await work(progress);
  } finally {
    progress.close();
  }
}
