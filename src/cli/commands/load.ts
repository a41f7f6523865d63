import { type Command, Option } from "commander";
import { examples } from "../examples.js";
import { loadImages } from "../load-images.js";
import { several } from "../option-value.js";
import { act, type Shell } from "../session.js";

/** `layerwright load`: the images, into the engine of this machine. */
export function define(command: Command, shell: Shell): void {
  command
    .argument("[names...]", "names or patterns such as api-*")
    .addOption(
      new Option("--engine <engine>", "which engine, instead of the first that is there").choices([
        "docker",
        "podman",
      ]),
    )
    .option("-t, --tag <tag>", "a tag, or for one image a whole reference such as acme/app:v1")
    .option("--platform <platform>", "os/architecture[/variant] instead of this machine's")
    .option("--compression <kind>", "gzip, gzip:1 to gzip:9, zstd or none (default: gzip:6)")
    .option("--no-cache", "build every layer and run every command again")
    .option(
      "--secret <secret>",
      "id=ID,src=FILE or id=ID,env=NAME for the secret mounts of run steps",
      several,
    )
    .option("--ssh <agent>", "default, or ID=SOCKET, for the ssh mounts of run steps", several)
    .addOption(new Option("--store <folder>", "the folder of the store").env("LAYERWRIGHT_CACHE"));
  examples(command, [
    "layerwright load",
    "layerwright load app --tag v1",
    "layerwright load --engine podman",
  ]);
  act(command, shell, loadImages);
}
