import type { Command } from "commander";
import type { SelectionFlags } from "./select-names.js";
import { type Paint, paintOf, say } from "./terminal.js";

/** How progress is shown. */
export type ProgressMode = "auto" | "tty" | "plain" | "quiet";

/** Every mode, in the order of the help. */
export const progressModes: readonly ProgressMode[] = ["auto", "tty", "plain", "quiet"];

/** The options that every command takes. */
interface GlobalOptions extends SelectionFlags {
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly debug?: boolean;
  readonly color?: boolean;
  readonly progress: ProgressMode;
  /** The user's file. */
  readonly app?: string;
  readonly context?: string;
  /** Of commands that have them. */
  readonly lock?: string | boolean;
  readonly store?: string;
  readonly offline?: boolean;
}

/** One call of the command: its options, and the way to the terminal. */
export interface Session {
  readonly options: GlobalOptions;
  /** Colours of standard error. */
  readonly paint: Paint;
  readonly signal: AbortSignal;
  readonly shell: Shell;
  /** Says something to people that is not the result; nothing under `--quiet`. */
  note(text: string): void;
}

/** What runs commands: it makes the session of a call, and prints what the command reports. */
export interface Shell {
  readonly signal: AbortSignal;
  /** Set by the command that ran. */
  exitCode: number;
  /** The context directory, once it is known: errors name files from there. */
  folder: string;
}

/** The action of a command: parse its options, call the api, report. */
export type Action<Options> = (
  session: Session,
  operands: readonly string[],
  options: Options,
) => Promise<Report>;

/** Binds an action to its command. */
export function act<Options>(command: Command, shell: Shell, action: Action<Options>): void {
  command.action(async () => {
    const options = command.optsWithGlobals<GlobalOptions & Options>();
    const session = sessionOf(options, shell);
    // Operands that take several are arrays in their place.
    const operands = (command.processedArgs as unknown[]).flat().filter((it) => it !== undefined);
    const report = await action(session, operands as string[], options);
    print(report, options);
    shell.exitCode = report.exitCode ?? 0;
  });
}

function sessionOf(options: GlobalOptions, shell: Shell): Session {
  const paint = paintOf(options, process.stderr);
  return {
    options,
    paint,
    signal: shell.signal,
    shell,
    note: (text) => {
      if (options.quiet !== true) say(process.stderr, text);
    },
  };
}

function print(report: Report, options: GlobalOptions): void {
  const stream = report.aside === true ? process.stderr : process.stdout;
  if (options.json === true) {
    // JSON is for programs: complete, and never in colour.
    say(stream, `${JSON.stringify(report.json, null, 2)}\n`);
    return;
  }
  const text = options.quiet === true ? (report.quiet ?? "") : report.text(paintOf(options, stream));
  if (report.verbatim === true && stream.isTTY !== true) stream.write(text);
  else say(stream, text);
}

/** What a command found out: as data, and as text for people. Printing it is the caller's. */
export interface Report {
  /** The one document of `--json`. */
  readonly json: unknown;
  /** Ends with a line break, or is empty. */
  text(paint: Paint): string;
  /** What is left of the text under `--quiet`; nothing when absent. */
  readonly quiet?: string;
  /** Set when standard output carries the image itself: the text goes to standard error. */
  readonly aside?: boolean;
  /** Set when the text is a file, which a program gets byte for byte; a terminal gets it as all text. */
  readonly verbatim?: boolean;
  /** @default - 0 */
  readonly exitCode?: number;
}

/** The report of a command that makes images, where a selection left none. */
export function nothingMade(catalog: string): Report {
  return { json: { catalog, images: [] }, quiet: "", text: () => "" };
}

/** Adds examples to the help of a command. */
export function examples(command: Command, lines: readonly string[]): Command {
  return command.addHelpText("after", `\nExamples:\n${lines.map((line) => `  $ ${line}`).join("\n")}`);
}
