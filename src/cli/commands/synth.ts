import { relative } from "node:path";
import { type Command, Option } from "commander";
import type { SynthResult } from "../../api/synth.js";
import { platformText } from "../../oci/platform.js";
import { examples } from "../examples.js";
import { warningText } from "../explain-image.js";
import type { LoadedImage } from "../load/loaded-catalog.js";
import { type OpenCatalog, openCatalog } from "../open-catalog.js";
import { defaultFolder } from "../output-places.js";
import type { Paint } from "../paint.js";
import type { Report } from "../report.js";
import { act, type Session, type Shell } from "../session.js";
import { UsageError } from "../usage-error.js";

interface SynthFlags {
  readonly out: string;
  readonly plan?: boolean;
  readonly stdout?: boolean;
  readonly dialect?: "buildkit" | "classic";
  readonly frontend?: string;
  readonly syntax?: string;
}

/** `layerwright synth`: the optimized Dockerfiles. */
export function define(command: Command, shell: Shell): void {
  command
    .argument("[names...]", "names or patterns such as api-*")
    .option("--out <folder>", "where the files go", defaultFolder)
    .option("--plan", "print the plans as JSON and write nothing")
    .option("--stdout", "print the Dockerfile of one image and write nothing")
    .addOption(
      new Option("--dialect <dialect>", "what builds the Dockerfile").choices(["buildkit", "classic"]),
    )
    .option("--frontend <version>", "the Dockerfile frontend that has to read it, for example 1.4")
    .option("--syntax <reference>", "the image of the frontend, for the `# syntax=` line");
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
  const catalog = await openCatalog(session, names);
  if (flags.plan === true) return plansOf(catalog);
  const shape = { ...dialectOf(flags), context: catalog.context };
  const warn = (it: LoadedImage): void => {
    for (const warning of it.plans[0]?.optimized.warnings ?? []) {
      session.note(warningText(warning, session.paint));
    }
  };
  if (flags.stdout === true) {
    const { dockerfileOf } = await import("../../api/synth.js");
    const [only, ...others] = catalog.images;
    const first = only?.plans[0];
    if (only === undefined || first === undefined || others.length > 0) {
      const chosen = catalog.images.map(({ name }) => name);
      throw new UsageError("IMAGE_AMBIGUOUS", { option: "--stdout", names: chosen });
    }
    warn(only);
    const { text } = await dockerfileOf(first.optimized, shape);
    return { json: { name: only.name, dockerfile: text }, quiet: text, text: () => text };
  }
  const { synthPlans } = await import("../../api/synth.js");
  const plans = catalog.images.flatMap(({ name, plans: each }) => each.map((plan) => ({ ...plan, name })));
  const result = await synthPlans(plans, { ...shape, out: flags.out });
  catalog.images.forEach(warn);
  return {
    json: { catalog: catalog.name, ...result },
    quiet: result.images.map(({ dockerfile }) => `${dockerfile}\n`).join(""),
    text: (paint) => synthText(result, catalog, paint),
  };
}

function dialectOf({ dialect, frontend, syntax }: SynthFlags) {
  return {
    ...(dialect === undefined ? {} : { dialect }),
    ...(frontend === undefined ? {} : { frontend }),
    ...(syntax === undefined ? {} : { syntax }),
  };
}

function plansOf(catalog: OpenCatalog): Report {
  const images = catalog.images.flatMap(({ name, plans }) =>
    plans.map(({ platform, optimized }) => ({ name, platform: platformText(platform), ...optimized })),
  );
  const json = { catalog: catalog.name, images };
  const text = `${JSON.stringify(json, null, 2)}\n`;
  return { json, quiet: text, text: () => text };
}

function synthText(result: SynthResult, catalog: OpenCatalog, paint: Paint): string {
  const images = result.images.map(({ name, dockerfile, files, command }) => {
    const sent = files === undefined ? "" : `, ${files} file${files === 1 ? "" : "s"} of the context`;
    return `${paint.bold(name)} ${paint.cyan(shownPath(dockerfile))}${sent}\n  $ ${command}\n`;
  });
  const folder = relative(process.cwd(), catalog.context);
  const where = folder === "" ? "" : paint.dim(`run from ${folder}\n`);
  return `${images.join("")}${where}`;
}

function shownPath(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith("..") ? path : near;
}
