import { type Command, Option } from "commander";
import { examples } from "../examples.js";
import { addLockFlags, addLookFlags } from "../lock-flags.js";
import { several } from "../option-value.js";
import { pushImages } from "../push-images.js";
import { act, type Shell } from "../session.js";

/** `layerwright push`: the images, into a registry. */
export function define(command: Command, shell: Shell): void {
  command
    .argument("[names...]", "names or patterns such as api-*")
    .option(
      "--to <prefix>",
      "where to, for example ghcr.io/acme (default: the catalog's name, on Docker Hub)",
    )
    .option("-t, --tag <tag>", "a tag, or for one image a whole reference such as ghcr.io/acme/app:v1")
    .option(
      "--platform <platforms>",
      "os/architecture[/variant], several with commas, instead of the catalog's",
    )
    .option("--compression <kind>", "gzip, gzip:1 to gzip:9, zstd or none (default: gzip:6)")
    .option("--no-cache", "build every layer and run every command again")
    .option(
      "--secret <secret>",
      "id=ID,src=FILE or id=ID,env=NAME for the secret mounts of run steps",
      several,
    )
    .option("--ssh <agent>", "default, or ID=SOCKET, for the ssh mounts of run steps", several)
    .addOption(new Option("--store <folder>", "the folder of the store").env("LAYERWRIGHT_CACHE"));
  addLockFlags(command);
  addLookFlags(command);
  examples(command, [
    "layerwright push --to ghcr.io/acme --tag v1",
    "layerwright push app --tag ghcr.io/acme/app:v1",
    "layerwright push 'api-*' --to registry.example:5000/team --platform linux/amd64,linux/arm64",
  ]);
  act(command, shell, pushImages);
}
