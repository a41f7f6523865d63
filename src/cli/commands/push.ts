import type { Command } from "commander";
import { examples } from "../examples.js";
import { addMakeFlags } from "../make-flags.js";
import { pushImages } from "../push-images.js";
import { addSelectionFlags, NAMES_HELP } from "../select/selection-flags.js";
import { act, type Shell } from "../session.js";

/** `layerwright push`: the images, into a registry. */
export function define(command: Command, shell: Shell): void {
  command
    .argument("[names...]", NAMES_HELP)
    .option(
      "--to <prefix>",
      "where to, for example ghcr.io/acme (default: the catalog's name, on Docker Hub)",
    )
    .option(
      "--platform <platforms>",
      "os/architecture[/variant], several with commas, instead of the catalog's",
    );
  addMakeFlags(command);
  addSelectionFlags(command);
  examples(command, [
    "layerwright push --to ghcr.io/acme --tag v1",
    "layerwright push app --tag ghcr.io/acme/app:v1",
    "layerwright push 'api/*' --to registry.example:5000/team --platform linux/amd64,linux/arm64",
  ]);
  act(command, shell, pushImages);
}
