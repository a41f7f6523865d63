import { type Command, Option } from "commander";
import { addLockFlags, addLookFlags } from "./lock-flags.js";
import { several } from "./option-value.js";

/** How images are made, whatever becomes of them: what `build`, `push` and `load` take alike. */
export function addMakeFlags(command: Command): void {
  command
    .option("--compression <kind>", "gzip, gzip:1 to gzip:9, zstd or none (default: gzip:6)")
    .option("-t, --tag <tag>", "a tag, or for one image a whole reference such as acme/app:v1")
    .option("--no-cache", "build every layer and run every command again")
    .option(
      "--no-cache-step <text>",
      "run the commands again that hold this text (may be given several times)",
      several,
    )
    .option(
      "--secret <secret>",
      "id=ID,src=FILE or id=ID,env=NAME for the secret mounts of run steps",
      several,
    )
    .option("--ssh <agent>", "default, or ID=SOCKET, for the ssh mounts of run steps", several)
    .addOption(
      new Option("--run-memory <size>", "memory of each command, e.g. 2GB").env("LAYERWRIGHT_RUN_MEMORY"),
    )
    .addOption(
      new Option("--run-processes <number>", "processes of each command (default: 16384)").env(
        "LAYERWRIGHT_RUN_PROCESSES",
      ),
    )
    .addOption(new Option("--store <folder>", "the folder of the store").env("LAYERWRIGHT_CACHE"));
  addLockFlags(command);
  addLookFlags(command);
}
