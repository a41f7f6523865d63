import { Command, Option } from "commander";
import { commandTable } from "./command-table.js";
import { examples } from "./examples.js";
import { exitCodeText } from "./exit-codes.js";
import { ownVersion } from "./own-package.js";
import { progressModes } from "./progress-mode.js";
import type { Shell } from "./session.js";
import { say } from "./terminal.js";

/** The command line: the global options, and the commands, each completed when it is called. */
export function program(shell: Shell): Command {
  const root = new Command("layerwright")
    .description("Container images as TypeScript values: an optimized Dockerfile, or the image itself.")
    .version(ownVersion(), "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    // Failures are thrown, so that they are printed in one place, also as JSON.
    .exitOverride()
    .configureOutput({ outputError: () => undefined, writeErr: (text) => say(process.stderr, text) })
    .configureHelp({ showGlobalOptions: true })
    .showSuggestionAfterError(true)
    .addOption(new Option("-a, --app <file>", "the file of the catalog").env("LAYERWRIGHT_APP"))
    .option("--context <folder>", "the folder of copy sources (default: the folder of the catalog)")
    .option("--json", "print one JSON document")
    .option("-q, --quiet", "print names, paths or digests alone")
    .addOption(
      new Option("--progress <mode>", "how progress is shown")
        .choices(progressModes)
        .default("auto")
        .env("LAYERWRIGHT_PROGRESS"),
    )
    .addOption(new Option("--color", "colour, also where the output is no terminal"))
    .addOption(new Option("--no-color", "no colour"))
    .option("--debug", "print the stack of an unexpected failure");
  for (const { name, alias, summary } of commandTable) {
    const command = root
      .command(name)
      .summary(summary)
      .description(`${capital(summary)}.`);
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

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
