import { type Command, Option } from "commander";
import { sizeText } from "../../core/size.js";
import { withProgress } from "../progress.js";
import type { Report } from "../session.js";
import { act, examples, type Session, type Shell } from "../session.js";
import { shortDigest } from "../text.js";

interface CopyFlags {
  readonly store?: string;
}

/** `layerwright copy`: an image from one repository to another, byte for byte. */
export function define(command: Command, shell: Shell): void {
  command
    .argument("<from>", "image, e.g. ghcr.io/acme/app:v1")
    .argument("<to>", "new name of the image")
    .addOption(new Option("--store <directory>", "directory of the store").env("LAYERWRIGHT_CACHE"));
  examples(command, [
    "layerwright copy ghcr.io/acme/app:v1 ghcr.io/acme/app:stable",
    "layerwright copy docker.io/library/debian:bookworm-slim registry.example/mirror/debian:bookworm-slim",
  ]);
  act(command, shell, copyOne);
}

async function copyOne(session: Session, operands: readonly string[], { store }: CopyFlags): Promise<Report> {
  const { copyImage } = await import("../../project/registry/copy.js");
  const [from = "", to = ""] = operands;
  const { signal } = session;
  const result = await withProgress(session, (progress) => copyImage(from, to, { store, signal, progress }));
  const sent = result.complete ? "everything was there" : `${sizeText(result.sentBytes)} sent`;
  return {
    json: result,
    quiet: `${result.digest}\n`,
    text: (paint) => `${paint.bold(result.to)} is ${shortDigest(result.digest)} now, ${sent}\n`,
  };
}
