import { Command, type CommanderError, Option } from "commander";
import { EnvironmentError } from "../errors/layerwright-error.js";
import { commandTable } from "./command-table.js";
import { exitCodeOf, exitCodes, exitCodeText } from "./exit-codes.js";
import { type Failure, failureOf } from "./failure.js";
import { UsageError } from "./option-value.js";
import { ownVersion } from "./own-package.js";
import { failureJson, failureText } from "./print-error.js";
import { examples, progressModes, type Shell } from "./session.js";
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

/** The command line: the global options, and the commands, each completed when it is called. */
export function program(shell: Shell): Command {
  const root = new Command("layerwright")
    .description("container images as TypeScript values: an optimized Dockerfile, or the image itself")
    .version(ownVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    // Failures are thrown, so that they are printed in one place, also as JSON.
    .exitOverride()
    .configureOutput({ outputError: () => undefined, writeErr: (text) => say(process.stderr, text) })
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError(true)
    .addOption(new Option("-a, --app <file>", "catalog file").env("LAYERWRIGHT_APP"))
    .option("--context <directory>", "directory of copy sources (default: the catalog file's directory)")
    .option("--json", "print one JSON document")
    .option("-q, --quiet", "print only names, paths or digests")
    .addOption(
      new Option("--progress <mode>", "how to show progress")
        .choices(progressModes)
        .default("auto")
        .env("LAYERWRIGHT_PROGRESS"),
    )
    .addOption(new Option("--color", "use colour even if the output is not a terminal"))
    .addOption(new Option("--no-color", "use no colour"))
    .option("--debug", "print the stack trace of an unexpected failure");
  for (const { name, alias, summary } of commandTable) {
    const command = root.command(name).description(summary);
    if (alias !== undefined) command.alias(alias);
  }
  root.hook("preSubcommand", async (_root, command) => {
    const entry = commandTable.find(({ name }) => name === command.name());
    (await entry?.load())?.define(command, shell);
  });
  examples(root, ["layerwright init my-images", "layerwright synth", "layerwright build app -o app.tar"]);
  const codes = exitCodeText.map(([code, meaning]) => `  ${`${code}`.padStart(3)}  ${meaning}`);
  return root.addHelpText("after", `\nExit codes:\n${codes.join("\n")}`);
}

const HELP = new Set(["commander.help", "commander.helpDisplayed", "commander.version"]);

/** Tells commander's own way of ending from other errors, without loading it. */
function isCommanderError(error: unknown): error is CommanderError {
  return error instanceof Error && error.name === "CommanderError";
}

/** True when commander ended because it printed the help or the version that were asked for. */
function isAnswered(error: CommanderError): boolean {
  return HELP.has(error.code);
}

/** Commander's words for a wrong command line, as one of our errors. */
function commandLineError(error: CommanderError, command: string): UsageError {
  const [first = "", ...more] = error.message.split("\n");
  const suggestion = /\(Did you mean (?:one of )?(.+)\?\)/.exec(more.join(" "))?.[1];
  const reason = first.replace(/^error: /, "").replace(/\.$/, "");
  return new UsageError("COMMAND_LINE_INVALID", { reason, suggestion, command });
}
