import { EnvironmentError } from "../errors/layerwright-error.js";
import { commandLineError, isAnswered, isCommanderError } from "./command-line-error.js";
import { commandTable } from "./command-table.js";
import { exitCodeOf, exitCodes } from "./exit-codes.js";
import { type Failure, failureOf } from "./failure.js";
import { failureJson, failureText } from "./print-error.js";
import { program } from "./program.js";
import type { Shell } from "./session.js";
import { paintOf, say } from "./terminal.js";

/** Runs one command line (without `node` and the script) and returns the exit code. */
export async function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  const shell: Shell = { signal, exitCode: exitCodes.ok, folder: process.cwd() };
  try {
    await program(shell).parseAsync(args, { from: "user" });
    return shell.exitCode;
  } catch (error) {
    if (isCommanderError(error) && isAnswered(error)) return error.exitCode === 0 ? 0 : exitCodes.usage;
    // The one who interrupts knows why nothing came of it.
    if (signal.aborted) {
      if (args.includes("--json"))
        printFailure(failureOf(new EnvironmentError("INTERRUPTED", undefined)), args, shell);
      return exitCodes.interrupted;
    }
    const known = isCommanderError(error) ? commandLineError(error, helpCommand(args)) : error;
    const failure = failureOf(known);
    printFailure(failure, args, shell);
    return failure.kind === "Bug" ? exitCodes.bug : exitCodeOf(failure);
  }
}

/** The options may be what is wrong, so these few are read from the words themselves. */
function printFailure(failure: Failure, args: readonly string[], shell: Shell): void {
  const debug = args.includes("--debug") || (process.env["DEBUG"] ?? "") !== "";
  const around = { folder: shell.folder, debug };
  if (args.includes("--json")) {
    say(process.stdout, `${JSON.stringify(failureJson(failure, around), null, 2)}\n`);
    return;
  }
  const color = args.includes("--no-color") ? false : args.includes("--color") ? true : undefined;
  const paint = paintOf(color === undefined ? {} : { color }, process.stderr);
  say(process.stderr, failureText(failure, paint, around));
}

function helpCommand(args: readonly string[]): string {
  const named = commandTable.find(({ name, alias }) => args.some((arg) => arg === name || arg === alias));
  return named === undefined ? "layerwright" : `layerwright ${named.name}`;
}
