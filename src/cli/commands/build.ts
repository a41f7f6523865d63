import type { Command } from "commander";
import { addMakeFlags, type BuildFlags, checkBuildOptions } from "../build-flags.js";
import { buildJson, buildText, writeResultFiles } from "../build-report.js";
import { openForBuild, sayFindings, settingsOf } from "../open-for-build.js";
import { outputPlaces, placedPlans } from "../output-places.js";
import { withProgress } from "../progress.js";
import { addSelectionFlags, NAMES_HELP } from "../select-names.js";
import type { Report } from "../session.js";
import { act, examples, type Session, type Shell } from "../session.js";
import { sayWarnings } from "../warning-text.js";

/** `layerwright build`: the images themselves, without a daemon. */
export function define(command: Command, shell: Shell): void {
  command
    .argument("[names...]", NAMES_HELP)
    .option(
      "-o, --output <target>",
      "path, - for standard output, or type=archive|oci|layout|rootfs,dest=PATH",
    )
    .option("--push", "push the images to their registries, as `layerwright push` does")
    .option("--load", "load the images into Docker or Podman, as `layerwright load` does")
    .option("--platform <platforms>", "comma-separated os/architecture[/variant] (default: the catalog's)")
    .option("--iidfile <file>", "write the image's config digest to a file")
    .option("--metadata-file <file>", "write digests and names of the images to a file, as buildx does");
  addMakeFlags(command);
  addSelectionFlags(command);
  examples(command, [
    "layerwright build                              # every image, into layerwright.out/",
    "layerwright build app -o app.tar --tag v1",
    "layerwright build app -o - | docker load",
    "layerwright build --locked --platform linux/amd64",
    "layerwright build app --secret id=npm,src=.npmrc",
    "layerwright build 'api/*' -o type=oci,dest=out/{name}.tar --platform linux/amd64,linux/arm64",
    "layerwright build @nightly --changed                # of a group, what is not as it was built last",
    "layerwright build --affected-by src/ --affected-by package-lock.json",
  ]);
  act(command, shell, buildImages);
}

async function buildImages(session: Session, names: readonly string[], flags: BuildFlags): Promise<Report> {
  if (flags.push === true) return (await import("./push.js")).pushImages(session, names, flags);
  if (flags.load === true) return (await import("./load.js")).loadImages(session, names, flags);
  const checked = await checkBuildOptions(flags, session.options.json === true);
  const project = await openForBuild(session, names, checked);
  const delivery = {
    targets: outputPlaces(checked.output, placedPlans(project), project.context),
    referenceOf: (name: string) => checked.referenceOf(project.name, name),
  };
  const { buildProject } = await import("../../project/deliver.js");
  const { images, findings } = await withProgress(session, (progress) =>
    buildProject(project, delivery, settingsOf(session, checked, progress)),
  );
  sayFindings(session, findings);
  const warn = sayWarnings(session.note, session.paint);
  for (const { name, result } of images) warn(name, result.warnings);
  writeResultFiles(flags, images);
  return {
    json: { catalog: project.name, images: images.map(buildJson) },
    quiet: images.map(({ result }) => `${result.digest}\n`).join(""),
    text: (paint) => images.map((it) => buildText(it, paint)).join("\n"),
    aside: checked.output.dest === "-",
  };
}
