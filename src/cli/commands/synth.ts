import { relative, resolve } from "node:path";
import { type Command, Option } from "commander";
import type { EmittedDockerfile } from "../../dockerfile/emit-dockerfile.js";
import { platformText } from "../../oci/platform.js";
import type { Plan } from "../../plan/plan.js";
import type { DockerfileStyle } from "../../project/dockerfile.js";
import type { LockPlace } from "../../project/options.js";
import type { SynthesizedImage } from "../../project/synth-directory.js";
import type { SynthResult } from "../../project/synthesize.js";
import { addLockFlags, type LockFlags, lockOptionsOf } from "../build-flags.js";
import { type OpenCatalog, openPinnedCatalog } from "../open-catalog.js";
import { UsageError } from "../option-value.js";
import { defaultFolder } from "../output-places.js";
import { addSelectionFlags, NAMES_HELP } from "../select-names.js";
import { act, examples, type Report, type Session, type Shell } from "../session.js";
import type { Paint } from "../terminal.js";
import { counted } from "../text.js";
import { sayWarnings } from "../warning-text.js";

interface SynthFlags extends DockerfileStyle, LockFlags {
  readonly out?: string;
  readonly plan?: boolean;
  readonly stdout?: boolean;
}

/** `layerwright synth`: the optimized Dockerfiles. */
export function define(command: Command, shell: Shell): void {
  command
    .argument("[names...]", NAMES_HELP)
    .option("--out <directory>", `output directory (default: ${defaultFolder} beside the catalog)`)
    .option("--plan", "print the plans as JSON, and write nothing")
    .option("--stdout", "print the Dockerfile of one image, and write nothing")
    .addOption(
      new Option("--dialect <dialect>", "dialect of the Dockerfile").choices(["buildkit", "classic"]),
    )
    .addOption(
      new Option("--frontend <version>", "oldest Dockerfile front end to support").choices(["1.4", "1.19"]),
    )
    .option("--syntax <reference>", "front end image, for the `# syntax=` line")
    .option("--no-comments", "omit the comments that name source files and lines");
  addLockFlags(command);
  addSelectionFlags(command);
  examples(command, [
    "layerwright synth",
    "layerwright synth app --stdout | docker build -f - .",
    "layerwright synth app --dialect classic --out dockerfiles",
    "layerwright synth --plan > plan.json",
  ]);
  act(command, shell, synth);
}

async function synth(session: Session, names: readonly string[], flags: SynthFlags): Promise<Report> {
  if (flags.plan === true && flags.stdout === true) {
    const reason = "--plan and --stdout both write to standard output";
    throw new UsageError("COMMAND_LINE_INVALID", {
      reason,
      suggestion: undefined,
      command: "layerwright synth",
    });
  }
  const lock = lockOptionsOf(flags);
  const catalog = await openPinnedCatalog(session, names, lock);
  if (flags.plan === true) return plansOf(catalog);
  if (flags.stdout === true) return await dockerfileText(session, catalog, { ...dialectOf(flags), ...lock });
  const { synthesizeProject } = await import("../../project/synthesize.js");
  const result = await synthesizeProject(catalog, {
    ...dialectOf(flags),
    ...lock,
    // What the user names is relative to where the user is; the default belongs to the catalog.
    out: flags.out === undefined ? resolve(catalog.context, defaultFolder) : resolve(flags.out),
  });
  const warn = sayWarnings(session.note, session.paint);
  for (const { name, warnings } of result.images) warn(name, warnings);
  return {
    json: {
      catalog: catalog.name,
      context: catalog.context,
      out: result.out,
      ...(result.bake === undefined ? {} : { bake: result.bake }),
      images: result.images.map(asJson),
    },
    quiet: result.images.map(({ dockerfile }) => `${shownPath(catalog, dockerfile)}\n`).join(""),
    text: (paint) => synthText(result, catalog, paint),
  };
}

/** The Dockerfile of one image alone. */
async function dockerfileText(
  session: Session,
  catalog: OpenCatalog,
  style: DockerfileStyle & LockPlace,
): Promise<Report> {
  const [only, ...others] = catalog.images;
  if (only === undefined || others.length > 0) {
    const names = catalog.images.map(({ name }) => name);
    throw new UsageError("IMAGE_AMBIGUOUS", { option: "--stdout", names });
  }
  const plans = only.plans.map(({ optimized }) => optimized);
  const emitted = await dockerfileOf(
    plans.map(({ plan }) => plan),
    catalog.context,
    style,
  );
  const { certificateWarnings } = await import("../../project/lock/pin-plans.js");
  const { context } = catalog;
  const lists = certificateWarnings(
    plans.map(({ plan }) => plan),
    { ...style, context },
  );
  const warnings = [...(plans[0]?.warnings ?? []), ...lists, ...emitted.warnings];
  sayWarnings(session.note, session.paint)(only.name, warnings);
  if (emitted.files.length > 0) {
    session.note(
      `it needs ${counted(emitted.files.length, "generated file")}, which \`layerwright synth\` writes\n`,
    );
  }
  const { text } = emitted;
  return { json: { name: only.name, dockerfile: text }, quiet: text, text: () => text, verbatim: true };
}

function dialectOf({ dialect, frontend, syntax, comments }: SynthFlags): DockerfileStyle {
  return {
    ...(dialect === undefined ? {} : { dialect }),
    ...(frontend === undefined ? {} : { frontend }),
    ...(syntax === undefined ? {} : { syntax }),
    ...(comments === false ? { comments } : {}),
  };
}

function plansOf(catalog: OpenCatalog): Report {
  const images = catalog.images.flatMap(({ name, plans }) =>
    plans.map(({ platform, optimized }) => ({ name, platform: platformText(platform), ...optimized })),
  );
  const json = { catalog: catalog.name, images };
  const text = `${JSON.stringify(json, null, 2)}\n`;
  return { json, quiet: text, text: () => text, verbatim: true };
}

function asJson({ platforms, ...image }: SynthesizedImage): unknown {
  return { ...image, platforms: platforms.map(platformText) };
}

function synthText({ images, bake }: SynthResult, catalog: OpenCatalog, paint: Paint): string {
  const lines = images.map(({ name, platforms, dockerfile, files, command }) => {
    const generated = files === 0 ? "" : `, with ${counted(files, "generated file")}`;
    const place = paint.cyan(shownPath(catalog, dockerfile));
    return `${paint.bold(name)} ${platforms.map(platformText).join(", ")}: ${place}${generated}\n  $ ${command}\n`;
  });
  const folder = relative(process.cwd(), catalog.context);
  const all =
    bake === undefined || images.length < 2 ? "" : `all of them:\n  $ docker buildx bake -f ${bake}\n`;
  return `${lines.join("")}${all}${folder === "" ? "" : paint.dim(`run it in ${folder}\n`)}`;
}

/** The api names files from the context directory, people are where they are. */
function shownPath(catalog: OpenCatalog, path: string): string {
  return relative(process.cwd(), resolve(catalog.context, path));
}

/** The Dockerfile of the plans of an image that came from the user's file; bases on disk are looked at first. */
async function dockerfileOf(
  plans: readonly Plan[],
  context: string,
  style: DockerfileStyle,
): Promise<EmittedDockerfile> {
  const { lookUpBases } = await import("../../project/prepare/known-bases.js");
  const { emitResolved } = await import("../../project/dockerfile.js");
  const { plans: known } = await lookUpBases(plans, { context, offline: true });
  return emitResolved(known, context, style);
}
