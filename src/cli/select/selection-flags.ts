import type { Command } from "commander";
import { several } from "../option-value.js";

/** Which of the named images are meant, by what they are made from. */
export interface SelectionFlags {
  readonly affectedBy?: readonly string[];
  readonly changed?: boolean;
}

/** What the operands of a command that takes images are. */
export const NAMES_HELP = "names, patterns such as 'api/*' or '**', or groups such as @nightly";

/** Adds the options that narrow the images which were named. */
export function addSelectionFlags(command: Command): void {
  command
    .option(
      "--affected-by <file>",
      "only images that are made from a file or folder, be it gone (may be given several times)",
      several,
    )
    .option("--changed", "only images that are not as they were built last");
}
