import { StepError } from "../../errors/layerwright-error.js";
import { type Origin, originText } from "../../errors/origin.js";
import type { SandboxEnd } from "../../ports/sandbox.js";

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
