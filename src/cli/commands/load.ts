import { type Command, Option } from "commander";
import { examples } from "../examples.js";
import { loadImages } from "../load-images.js";
import { addMakeFlags } from "../make-flags.js";
import { addSelectionFlags, NAMES_HELP } from "../select/selection-flags.js";
import { act, type Shell } from "../session.js";

/** `layerwright load`: the images, into the engine of this machine. */
export function define(command: Command, shell: Shell): void {
  command
    .argument("[names...]", NAMES_HELP)
    .addOption(
      new Option("--engine <engine>", "which engine, instead of the first that is there").choices([
        "docker",
        "podman",
      ]),
    )
    .option("--platform <platform>", "os/architecture[/variant] instead of this machine's");
  addMakeFlags(command);
  addSelectionFlags(command);
  examples(command, [
    "layerwright load",
    "layerwright load app --tag v1",
    "layerwright load --engine podman",
  ]);
  act(command, shell, loadImages);
}
