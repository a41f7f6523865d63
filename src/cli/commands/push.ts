import type { Command } from "commander";
import { sizeText } from "../../core/size.js";
import type { PushReport } from "../../ports/image-output.js";
import { addMakeFlags, type BuildFlags, checkBuildOptions } from "../build-flags.js";
import { openForBuild, refuseOutput, sayFindings, settingsOf } from "../open-for-build.js";
import { withProgress } from "../progress.js";
import { addSelectionFlags, NAMES_HELP } from "../select-names.js";
import { act, examples, nothingMade, type Report, type Session, type Shell } from "../session.js";
import type { Paint } from "../terminal.js";
import { counted, shortDigest } from "../text.js";
import { sayWarnings } from "../warning-text.js";

/** `layerwright push`: the images, into a registry. */
export function define(command: Command, shell: Shell): void {
  command
    .argument("[names...]", NAMES_HELP)
    .option(
      "--to <prefix>",
      "repository prefix, e.g. ghcr.io/acme (default: the catalog's name, on Docker Hub)",
    )
    .option("--platform <platforms>", "comma-separated os/architecture[/variant] (default: the catalog's)");
  addMakeFlags(command);
  addSelectionFlags(command);
  examples(command, [
    "layerwright push --to ghcr.io/acme --tag v1",
    "layerwright push app --tag ghcr.io/acme/app:v1",
    "layerwright push 'api/*' --to registry.example:5000/team --platform linux/amd64,linux/arm64",
  ]);
  act(command, shell, pushImages);
}

/** Builds images and pushes them in one go; also `build --push`. */
export async function pushImages(
  session: Session,
  names: readonly string[],
  flags: BuildFlags,
): Promise<Report> {
  refuseOutput("--push", flags.output);
  const checked = await checkBuildOptions({ ...flags, output: "type=oci" }, session.options.json === true);
  const project = await openForBuild(session, names, checked);
  if (project.images.length === 0) return nothingMade(project.name);
  const { pushProject } = await import("../../project/push.js");
  const { findings, ...report } = await withProgress(session, (progress) =>
    pushProject(
      project,
      (name) => checked.referenceOf(project.name, name),
      settingsOf(session, checked, progress),
    ),
  );
  sayFindings(session, findings);
  const warn = sayWarnings(session.note, session.paint);
  for (const { name, plans } of project.images)
    for (const { optimized } of plans) warn(name, optimized.warnings);
  return {
    json: { catalog: project.name, ...report },
    quiet: report.images.map(({ descriptor }) => `${descriptor.digest}\n`).join(""),
    text: (paint) => pushText(report, paint),
  };
}

function pushText({ images, blobs, sentBytes }: PushReport, paint: Paint): string {
  const lines = images.map(
    ({ reference, descriptor }) => `${paint.bold(reference)} is ${shortDigest(descriptor.digest)} now\n`,
  );
  const { present, mounted, uploaded } = blobs;
  const facts = `${sizeText(sentBytes)} sent in ${counted(uploaded, "blob")}, ${mounted} linked, ${present} there already`;
  return `${lines.join("")}${facts}\n`;
}
