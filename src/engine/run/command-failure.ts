import { StepError } from "../../errors/layerwright-error.js";
import type { Origin } from "../../errors/origin.js";
import type { SandboxEnd } from "../../ports/sandbox.js";

/** Throws `RUN_TIMED_OUT` or `RUN_FAILED` for a command that did not end as it should. */
export function checkEnd(
  { exitCode, timedOut }: Pick<SandboxEnd, "exitCode" | "timedOut">,
  about: {
    readonly command: string;
    readonly origin: Origin | undefined;
    /** The last lines that it printed. */
    readonly output: readonly string[];
    readonly seconds?: number | undefined;
  },
): void {
  const { command, origin, output, seconds = 0 } = about;
  const context = { subject: command, origin, command, output };
  if (timedOut)
    throw new StepError("RUN_TIMED_OUT", { command, seconds, output }, { ...context, exitCode: 124 });
  if (exitCode !== 0)
    throw new StepError("RUN_FAILED", { command, exitCode, output }, { ...context, exitCode });
}
