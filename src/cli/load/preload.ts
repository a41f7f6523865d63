import { shownText } from "../../core/shown-text.js";
import { type LoadRequest, REQUEST_VARIABLE } from "./loaded-catalog.js";

/** Long enough for a program that only fetches something. */
const PATIENCE_MS = 30_000;

// Runs in the child process, before the user's file. Everything heavy waits until that file has ended.
const text = process.env[REQUEST_VARIABLE];
if (text !== undefined) {
  delete process.env[REQUEST_VARIABLE];
  watchProgram(JSON.parse(text) as LoadRequest);
}

function watchProgram(request: LoadRequest): void {
  let answered = false;
  const waiting = setTimeout(() => {
    process.stderr.write(
      `${shownText(request.shown)} is still running (a timer, a server, a connection?); waiting for it to end\n`,
    );
  }, PATIENCE_MS);
  waiting.unref();

  // The whole program counts, also what it does after its last line; then the event loop is empty.
  process.once("beforeExit", async () => {
    if (answered) return;
    answered = true;
    clearTimeout(waiting);
    const { describeProgram } = await import("./describe-program.js");
    await describeProgram(request);
  });
  process.on("uncaughtException", async (error: unknown) => {
    if (answered) return;
    answered = true;
    // Servers and timers of the program may keep it alive; the parent ends it when it has the reply.
    process.exitCode = 1;
    const { reportFailure } = await import("./describe-program.js");
    reportFailure(request, error);
  });
}
