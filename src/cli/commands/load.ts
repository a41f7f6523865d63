import { type Command, Option } from "commander";
import type { EngineName } from "../../adapters/outputs/engine-place.js";
import { sizeText } from "../../core/size.js";
import { platformText } from "../../oci/platform.js";
import type { LoadedImageResult, LoadResult } from "../../project/load.js";
import { loadPlatform } from "../../project/platforms.js";
import { addMakeFlags, type BuildFlags, checkBuildOptions } from "../build-flags.js";
import { writeResultFiles } from "../build-report.js";
import { openForBuild, refuseOutput, sayFindings, settingsOf } from "../open-for-build.js";
import { withProgress } from "../progress.js";
import { addSelectionFlags, NAMES_HELP } from "../select-names.js";
import { act, examples, nothingMade, type Report, type Session, type Shell } from "../session.js";
import type { Paint } from "../terminal.js";
import { counted, shortDigest } from "../text.js";
import { sayWarnings } from "../warning-text.js";

/** `layerwright load`: the images, into the engine of this machine. */
export function define(command: Command, shell: Shell): void {
  command
    .argument("[names...]", NAMES_HELP)
    .addOption(
      new Option("--engine <engine>", "container engine (default: the first that is found)").choices([
        "docker",
        "podman",
      ]),
    )
    .option("--platform <platform>", "os/architecture[/variant] (default: this machine's)");
  addMakeFlags(command);
  addSelectionFlags(command);
  examples(command, [
    "layerwright load",
    "layerwright load app --tag v1",
    "layerwright load --engine podman",
  ]);
  act(command, shell, loadImages);
}

/** The options of `layerwright load`, and of `layerwright build --load`. */
interface LoadFlags extends BuildFlags {
  readonly engine?: EngineName;
}

/** Builds images and loads them into an engine; also `build --load`. */
export async function loadImages(
  session: Session,
  names: readonly string[],
  flags: LoadFlags,
): Promise<Report> {
  refuseOutput("--load", flags.output);
  const checked = await checkBuildOptions(flags, session.options.json === true);
  const project = await openForBuild(session, names, checked);
  // Of a selection nothing may be left; then no engine is asked for.
  if (project.images.length === 0) return nothingMade(project.name);
  for (const { name, plans } of project.images.filter((image) => image.plans.length > 1)) {
    const platform = platformText(loadPlatform(plans.map((plan) => plan.platform)));
    const all = plans.map((plan) => platformText(plan.platform)).join(", ");
    session.note(`${name}: ${platform} is loaded, of ${all}\n`);
  }
  const { loadProject } = await import("../../project/load.js");
  const { findings, ...result } = await withProgress(session, (progress) =>
    loadProject(project, (name) => checked.referenceOf(project.name, name), {
      ...settingsOf(session, checked, progress),
      engine: flags.engine,
    }),
  );
  sayFindings(session, findings);
  const warn = sayWarnings(session.note, session.paint);
  const named = result.images.map((image, at) => ({ name: project.images[at]!.name, result: image }));
  for (const { name, result: image } of named) warn(name, image.warnings);
  writeResultFiles(flags, named);
  const { engine, place } = result;
  return {
    json: {
      catalog: project.name,
      engine,
      place,
      images: named.map(({ name, result: image }) => ({
        name,
        ...image,
        platform: platformText(image.platform),
      })),
    },
    quiet: result.images.map(({ id }) => `${id}\n`).join(""),
    text: (paint) => named.map(({ name, result: image }) => loadText(name, image, result, paint)).join(""),
  };
}

function loadText(
  name: string,
  { platform, id, references, size, layers }: LoadedImageResult,
  { engine, place }: LoadResult,
  paint: Paint,
): string {
  const facts = `${platformText(platform)} ${shortDigest(id)}, ${sizeText(size)} in ${counted(layers.length, "layer")}`;
  return `${paint.bold(name)} ${facts}\nloaded into ${engine} (${place}) as ${paint.cyan(references.join(", "))}\n`;
}
