import { type Command, Option } from "commander";
import { shownLine } from "../../core/shown-text.js";
import { sizeText } from "../../core/size.js";
import { unsafeText } from "../../engine/rebase/judge-layers.js";
import { platformText } from "../../oci/platform.js";
import type { RebasedPlatform, RebaseResult } from "../../project/registry/rebase.js";
import { withProgress } from "../progress.js";
import type { Report } from "../session.js";
import { act, examples, type Session, type Shell } from "../session.js";
import type { Paint } from "../terminal.js";
import { counted, shortDigest } from "../text.js";

interface RebaseFlags {
  readonly onto: string;
  readonly tag?: string;
  readonly oldBase?: string;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly store?: string;
}

/** `layerwright rebase`: an image of a registry, put on another base. */
export function define(command: Command, shell: Shell): void {
  command
    .argument("<image>", "image in a registry")
    .requiredOption("--onto <base>", "new base, in a registry")
    .option("-t, --tag <tag>", "tag or full reference of the result (default: the image's own)")
    .option(
      "--old-base <base>",
      "current base, NAME or NAME@DIGEST (default: what the image's annotations say)",
    )
    .option("--force", "rebase even if layers may not fit the new base")
    .option("--dry-run", "show what would be done, without doing it")
    .addOption(new Option("--store <directory>", "directory of the store").env("LAYERWRIGHT_CACHE"));
  examples(command, [
    "layerwright rebase ghcr.io/acme/app:v1 --onto debian:bookworm-slim -t v1-rebased",
    "layerwright rebase ghcr.io/acme/app:v1 --onto debian:bookworm-slim --dry-run",
  ]);
  act(command, shell, rebaseImage);
}

async function rebaseImage(
  session: Session,
  [image = ""]: readonly string[],
  flags: RebaseFlags,
): Promise<Report> {
  const { rebase } = await import("../../api/registry.js");
  const { onto, tag: to, oldBase, force, dryRun, store } = flags;
  const result = await withProgress(session, (progress) =>
    rebase(image, { onto, to, oldBase, force, dryRun, store, progress, signal: session.signal }),
  );
  const { yellow } = session.paint;
  for (const { platform, unsafe } of result.platforms) {
    for (const layer of unsafe) {
      session.note(
        `${yellow("warning")} ${platformText(platform)}: may not fit the new base: ${shownLine(unsafeText(layer))}\n`,
      );
    }
  }
  const platforms = result.platforms.map((each) => ({ ...each, platform: platformText(each.platform) }));
  return {
    json: { ...result, platforms, dryRun: dryRun === true },
    quiet: `${result.digest}\n`,
    text: (paint) => rebaseText(result, paint),
  };
}

function rebaseText(result: RebaseResult, paint: Paint): string {
  const { to, digest, oldDigest, platforms, pushed } = result;
  const parts = platforms.map((each) => platformLines(each, paint)).join("");
  const same = digest === oldDigest ? "nothing changed: " : "";
  const end =
    pushed === undefined
      ? `${same}would be ${paint.cyan(to)} ${shortDigest(digest)} (dry run)`
      : `${same}${paint.cyan(to)} is ${shortDigest(digest)} now, ${sizeText(pushed.sentBytes)} sent`;
  return `${parts}${end}\n`;
}

function platformLines(
  { platform, from, onto, removed, added, kept }: RebasedPlatform,
  paint: Paint,
): string {
  const total = (layers: readonly { readonly size: number }[]) =>
    `${counted(layers.length, "layer")}, ${sizeText(layers.reduce((sum, { size }) => sum + size, 0))}`;
  return [
    paint.bold(platformText(platform)),
    `  - ${from.name} ${shortDigest(from.digest)} (${total(removed)})`,
    `  + ${onto.name} ${shortDigest(onto.digest)} (${total(added)})`,
    `  = kept (${total(kept)})`,
    "",
  ].join("\n");
}
