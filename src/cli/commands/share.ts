import type { Command } from "commander";
import { examples } from "../examples.js";
import { addObserveFlags } from "../observed-operands.js";
import type { Report } from "../report.js";
import { act, type Session, type Shell } from "../session.js";
import { lookedAt, type ShareFlags } from "../share/looked-at.js";
import { pricesText } from "../share/prices-text.js";
import { sharingText } from "../share/sharing-text.js";

/** `layerwright share`: what images have in common, and what a squash policy would change about it. */
export function define(command: Command, shell: Shell): void {
  command
    .argument(
      "[images...]",
      "names or patterns of the catalog, archives, layouts, references (default: the catalog)",
    )
    .option("--having <image>", "also what a machine pulls that already holds this image")
    .option("--price", "also what each squash policy would cost for each image of the catalog");
  addObserveFlags(command);
  examples(command, [
    "layerwright share",
    "layerwright share 'api-*' --json",
    "layerwright share --having nginx                # first pull against incremental pull",
    "layerwright share --price                       # keep, own and all, for each image",
    "layerwright share app.tar ghcr.io/acme/app:v1   # images that somebody built",
  ]);
  act(command, shell, share);
}

async function share(session: Session, operands: readonly string[], flags: ShareFlags): Promise<Report> {
  const { catalog, images, held, prices } = await lookedAt(session, operands, flags);
  const { shareImages } = await import("../../analyze/sharing/share-images.js");
  const { pullBytes } = await import("../../analyze/sharing/share-images.js");
  const sharing = shareImages(images);
  const pulls = held && { having: held.name, pulls: pullBytes(images, held) };
  return {
    json: { ...(catalog === undefined ? {} : { catalog }), ...sharing, ...pulls, ...(prices && { prices }) },
    quiet: images.map(({ name }) => `${name}\n`).join(""),
    text: (paint) =>
      `${sharingText(sharing, pulls, paint)}${prices === undefined ? "" : `\n${pricesText(prices, paint)}`}`,
  };
}
