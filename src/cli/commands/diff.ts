import type { Command } from "commander";
import type { ImageDifference } from "../../analyze/difference/image-difference.js";
import type { BuildFlags } from "../build-flags.js";
import { type CatalogDifference, differencesText } from "../difference-text.js";
import { exitCodes } from "../exit-codes.js";
import { addObserveFlags, type Observed, readOperand, withOperands } from "../observed-operands.js";
import { UsageError } from "../option-value.js";
import type { Report } from "../session.js";
import { act, examples, type Session, type Shell } from "../session.js";

interface DiffFlags extends BuildFlags {
  readonly files?: boolean;
  readonly exitCode?: boolean;
  readonly times?: boolean;
}

/** `layerwright diff`: what changed in images of the catalog since they were built last, or between any two images. */
export function define(command: Command, shell: Shell): void {
  command
    .argument(
      "[images...]",
      "two images (names, archives, layouts or references), or names or patterns, e.g. api-*",
    )
    .option("--files", "list every file and package")
    .option("--times", "also compare times of the config, its history and files")
    .option("--exit-code", "exit with 1 if something differs");
  addObserveFlags(command);
  examples(command, [
    "layerwright diff                        # every image, against its last build",
    "layerwright diff app --exit-code",
    "layerwright diff app layerwright.out/app.tar",
    "layerwright diff debian:12.10 debian:12.11 --files",
    "layerwright diff 'api-*' --json",
  ]);
  act(command, shell, diffImages);
}

async function diffImages(session: Session, operands: readonly string[], flags: DiffFlags): Promise<Report> {
  const pair = asPair(operands);
  return withOperands(session, operands, flags, async (observed) => {
    const images =
      pair === undefined ? await withLastBuilds(observed, flags) : [await compared(pair, observed, flags)];
    return reportOf(images, observed, flags);
  });
}

/** Two images without a pattern are compared with each other; of anything else each is compared with its last build. */
function asPair(operands: readonly string[]): readonly [string, string] | undefined {
  const [before, after] = operands;
  const one = (text: string) => readOperand(text).kind !== "catalog" || !/[*?]/.test(text);
  if (operands.length === 2 && operands.every(one)) return [before!, after!];
  const outside = operands.filter((text) => readOperand(text).kind !== "catalog");
  if (outside.length > 0) throw new UsageError("DIFF_OPERANDS", { operands: outside });
  return undefined;
}

async function compared(
  [before, after]: readonly [string, string],
  { imagesOf }: Observed,
  { times }: DiffFlags,
): Promise<CatalogDifference> {
  const { compareImages } = await import("../../analyze/difference/image-difference.js");
  return toldOf(await compareImages(imagesOf(before)[0]!, imagesOf(after)[0]!, { times }));
}

async function withLastBuilds({ images, catalog, workspace }: Observed, { times }: DiffFlags) {
  const { diffLastBuilt } = await import("../../project/diff.js");
  const { platformText } = await import("../../oci/platform.js");
  const told: CatalogDifference[] = [];
  for (const image of images) {
    const difference = await diffLastBuilt(image, catalog!.name, workspace, { times });
    const { name, platform } = image;
    told.push(
      difference === undefined
        ? { name, platform: platformText(platform), status: "new" }
        : toldOf(difference),
    );
  }
  return told;
}

function toldOf(difference: ImageDifference): CatalogDifference {
  const { name, platform } = difference.after;
  return { name, platform, status: difference.same ? "same" : "changed", difference };
}

function reportOf(
  images: readonly CatalogDifference[],
  { catalog }: Observed,
  { files, exitCode }: DiffFlags,
): Report {
  const differ = images.filter(({ status }) => status !== "same");
  return {
    json: { ...(catalog === undefined ? {} : { catalog: catalog.name }), images },
    quiet: differ.map(({ name }) => `${name}\n`).join(""),
    text: (paint) => differencesText(images, paint, files === true),
    ...(exitCode === true && differ.length > 0 ? { exitCode: exitCodes.found } : {}),
  };
}
