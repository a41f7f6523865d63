import { type Command, Option } from "commander";
import { sizeText } from "../../core/size.js";
import type { RunForecast } from "../../engine/run/run-inputs.js";
import { type Origin, originText } from "../../errors/origin.js";
import { platformText } from "../../oci/platform.js";
import { describeOperation } from "../../plan/operation.js";
import { type PassRecord, type PassWarning, toldOnce } from "../../plan/passes/pass.js";
import type { PlanBase, Stage } from "../../plan/plan.js";
import type { LoadedImage } from "../load/loaded-catalog.js";
import { openPinnedCatalog } from "../open-catalog.js";
import { NAMES_HELP } from "../select-names.js";
import { act, examples, type Report, type Session, type Shell } from "../session.js";
import type { Paint } from "../terminal.js";
import { columns, counted } from "../text.js";
import { warningText } from "../warning-text.js";

/** `layerwright explain`: what each step became, and what each pass did and saw. */
export function define(command: Command, shell: Shell): void {
  command
    .argument("[names...]", NAMES_HELP)
    .option("--why", "show for each command if a build would run it, and what changed since its last run")
    .option("-t, --tag <tag>", "tag that the image is built with (for --why)")
    .addOption(new Option("--store <directory>", "directory of the store").env("LAYERWRIGHT_CACHE"));
  examples(command, [
    "layerwright explain",
    "layerwright explain app --json",
    "layerwright explain app --why",
  ]);
  act(command, shell, explain);
}

interface ExplainFlags {
  readonly why?: boolean;
  readonly tag?: string;
  readonly store?: string;
}

async function explain(session: Session, names: readonly string[], flags: ExplainFlags): Promise<Report> {
  const catalog = await openPinnedCatalog(session, names);
  if (flags.why === true) return explainWhy(catalog, flags);
  const images = toldOnce((await withFreedBytes(catalog, flags)).flatMap(explainImage));
  return {
    json: { catalog: catalog.name, images },
    quiet: images.map((it) => it.warnings.map(({ message }) => `${it.name}: ${message}\n`).join("")).join(""),
    text: (paint) => images.map((it) => explainText(it, paint)).join("\n"),
  };
}

/** The images with the bytes that their passes won, as far as the store knows. */
async function withFreedBytes(
  { context, images }: Awaited<ReturnType<typeof openPinnedCatalog>>,
  { store }: ExplainFlags,
): Promise<readonly LoadedImage[]> {
  const { freedRecords } = await import("../../project/explain.js");
  const plans = images.flatMap((image) => image.plans.map(({ optimized }) => optimized));
  const records = await freedRecords(plans, { context, store });
  const known = new Map(plans.map((plan, at) => [plan, records[at]!]));
  return images.map((image) => ({
    ...image,
    plans: image.plans.map((one) => ({
      ...one,
      optimized: { ...one.optimized, records: known.get(one.optimized)! },
    })),
  }));
}

async function explainWhy(
  { name: catalog, context, images }: Awaited<ReturnType<typeof openPinnedCatalog>>,
  { tag, store }: ExplainFlags,
): Promise<Report> {
  const { forecastRuns } = await import("../../project/explain.js");
  const explained: { name: string; platform: string; commands: readonly RunForecast[] }[] = [];
  for (const { name, plans } of images) {
    for (const { platform, optimized } of plans) {
      const reference = `${catalog}/${name}${tag === undefined ? "" : `:${tag}`}`;
      const commands = await forecastRuns(optimized.plan, { context, store, reference });
      explained.push({ name, platform: platformText(platform), commands });
    }
  }
  const running = explained.flatMap(({ name, commands }) =>
    commands.filter(({ runs }) => runs).map(({ command }) => `${name}: ${command}\n`),
  );
  return {
    json: { catalog, images: explained },
    quiet: running.join(""),
    text: (paint) =>
      explained
        .map(({ name, platform, commands }) => {
          const several = explained.filter((other) => other.name === name).length > 1;
          return whyText(several ? `${name} ${platform}` : name, commands, paint);
        })
        .join("\n"),
  };
}

/** What became of one image, as data. */
interface Explanation {
  readonly name: string;
  readonly platform: string;
  readonly stages: readonly ExplainedStage[];
  readonly records: readonly PassRecord[];
  readonly warnings: readonly PassWarning[];
}

interface ExplainedStage {
  readonly id: string;
  readonly base: string;
  readonly squash: string;
  /** Why its layers are what they are, where they were decided for squash "auto". */
  readonly decided?: readonly string[];
  readonly layers: readonly {
    readonly name?: string;
    readonly operations: readonly { readonly text: string; readonly origin?: Origin }[];
  }[];
}

/** Explains an image: its first platform, and of the others those for which there is something else to say. */
function explainImage({ name, plans }: LoadedImage): Explanation[] {
  const explained = new Map<string, Explanation>();
  for (const { platform, optimized } of plans) {
    const { plan, records, warnings } = optimized;
    const stages = plan.stages.map(explainStage);
    // The ids of stages depend on the platform, also where they stand for the same.
    const said = stages.reduce(
      (text, { id }, at) => text.replaceAll(id, `#${at}`).replaceAll(id.slice(0, 12), `#${at}`),
      JSON.stringify([stages, records, warnings]),
    );
    if (explained.has(said)) continue;
    explained.set(said, { name, platform: platformText(platform), stages, records, warnings });
  }
  return [...explained.values()];
}

/** An explanation for people: the layers with the lines they come from, then the passes. */
function explainText(image: Explanation, paint: Paint): string {
  const last = image.stages.length - 1;
  const stages = image.stages.map((stage, index) => {
    const title = index === last ? "image" : `stage ${stage.id.slice(0, 12)}`;
    const head = `  ${title} on ${stage.base}${stage.squash === "keep" ? "" : ` (squash ${stage.squash}${stage.squash === "auto" ? ", not decided yet: run layerwright lock" : ""})`}\n`;
    const why = (stage.decided ?? []).map((line) => `    ${paint.green("auto")} ${line}\n`).join("");
    return head + why + stageText(stage, paint);
  });
  return [
    `${paint.bold(image.name)} ${paint.dim(image.platform)}\n`,
    ...stages,
    image.records.length === 0
      ? ""
      : `  passes\n${image.records.map((it) => recordText(it, paint)).join("")}`,
    ...image.warnings.map((it) => warningText(it, paint)),
  ].join("");
}

function recordText(record: PassRecord, paint: Paint): string {
  const { pass, origin, before, after, bytes, by } = record;
  const place = origin === undefined ? "" : `${paint.cyan(originText(origin))} `;
  const unknown = by === undefined ? "" : paint.dim(" (bytes not known until it is built)");
  const freed = bytes === undefined ? unknown : paint.green(` -${sizeText(bytes)}`);
  const price = priceText(record);
  return `    ${paint.bold(pass)} ${place}${before} ${paint.dim("->")} ${after}${freed}${price === "" ? "" : paint.dim(` (${price})`)}\n`;
}

function priceText({ by, reruns, rerunsOnUse }: PassRecord): string {
  const where = by === undefined ? "price" : "price in a Dockerfile";
  if (reruns !== undefined) return `${where}: its change runs ${counted(reruns, "command")} more`;
  if (rerunsOnUse === undefined) return "";
  return `${where}: a later step that begins to use it runs ${counted(rerunsOnUse, "command")} again`;
}

function stageText(stage: ExplainedStage, paint: Paint): string {
  const rows = stage.layers.flatMap(({ name, operations }, index) =>
    operations.map(({ text, origin }, at) => [
      at === 0 ? `    layer ${index + 1}` : "",
      name === undefined || at > 0 ? text : `${text} (${name})`,
      { text: origin === undefined ? "" : originText(origin), paint: paint.cyan },
    ]),
  );
  return rows.length === 0 ? "    no layers of its own\n" : columns(rows);
}

function explainStage({ id, base, squash, decided, layers }: Stage): ExplainedStage {
  return {
    id,
    base: planBaseText(base),
    squash,
    ...(decided === undefined ? {} : { decided }),
    layers: layers.map(({ name, operations }) => ({
      ...(name === undefined ? {} : { name }),
      operations: operations.map((operation) => ({
        text: describeOperation(operation),
        ...(operation.origin === undefined ? {} : { origin: operation.origin }),
      })),
    })),
  };
}

function planBaseText(base: PlanBase): string {
  switch (base.kind) {
    case "scratch":
      return "scratch";
    case "stage":
      return `stage ${base.stage.slice(0, 12)}`;
    case "registry":
      return base.reference;
    default:
      return base.path;
  }
}

/** What a build would do with the commands of an image, for people. */
function whyText(name: string, forecasts: readonly RunForecast[], paint: Paint): string {
  const head = `${paint.bold(name)}\n`;
  if (forecasts.length === 0) return `${head}  runs no command\n`;
  const lines = forecasts.map(({ command, origin, runs, reasons }) => {
    const place = origin === undefined ? "" : ` ${paint.cyan(originText(origin))}`;
    const verdict = runs ? paint.yellow("runs  ") : paint.green("cached");
    return `  ${verdict} ${command}${place}\n${reasons.map((reason) => `         because ${reason}\n`).join("")}`;
  });
  const rest = forecasts.some(({ runs }) => runs)
    ? paint.dim("  what comes after a command that runs depends on what it leaves\n")
    : "";
  return head + lines.join("") + rest;
}
