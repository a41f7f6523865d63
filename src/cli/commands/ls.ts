import type { Command } from "commander";
import { platformText } from "../../oci/platform.js";
import type { LoadedImage } from "../load/loaded-catalog.js";
import { openCatalog } from "../open-catalog.js";
import { addSelectionFlags, NAMES_HELP } from "../select-names.js";
import type { Report } from "../session.js";
import { act, examples, type Session, type Shell } from "../session.js";
import { columns } from "../text.js";

/** `layerwright ls`: the images of the catalog and what they are made of. */
export function define(command: Command, shell: Shell): void {
  command.argument("[names...]", NAMES_HELP);
  addSelectionFlags(command);
  examples(command, [
    "layerwright ls",
    "layerwright ls 'api/*' --json",
    "layerwright ls --quiet --affected-by src/lib.ts",
  ]);
  act(command, shell, list);
}

async function list(session: Session, names: readonly string[]): Promise<Report> {
  const catalog = await openCatalog(session, names);
  const images = catalog.images.map(summary);
  return {
    json: { catalog: catalog.name, groups: catalog.groups, images },
    quiet: images.map(({ name }) => `${name}\n`).join(""),
    text: (paint) =>
      columns(
        [
          ["NAME", "PLATFORMS", "BASE", "STEPS", "LAYERS", "SQUASH"].map((text) => ({
            text,
            paint: paint.dim,
          })),
          ...images.map((it) => [
            { text: it.name, paint: paint.bold },
            it.platforms.join(","),
            it.base,
            `${it.steps}`,
            `${it.layers}`,
            it.squash,
          ]),
        ],
        [3, 4],
      ),
  };
}

function summary({ name, base, steps, squash, dependencies, plans }: LoadedImage) {
  const stage = plans[0]?.optimized.plan.stages.at(-1);
  return {
    name,
    platforms: plans.map(({ platform }) => platformText(platform)),
    base,
    steps,
    /** Of its own, after the passes; those of the base are not counted. */
    layers: stage?.layers.length ?? 0,
    squash,
    dependencies,
  };
}
