import { type Command, Option } from "commander";
import type { RunForecast } from "../../engine/run/run-forecast.js";
import { platformText } from "../../oci/platform.js";
import { toldOnce } from "../../plan/passes/pass.js";
import { examples } from "../examples.js";
import { explainImage, explainText } from "../explain-image.js";
import type { LoadedImage } from "../load/loaded-catalog.js";
import { openPinnedCatalog } from "../open-catalog.js";
import type { Report } from "../report.js";
import { NAMES_HELP } from "../select/selection-flags.js";
import { act, type Session, type Shell } from "../session.js";
import { whyText } from "../why-text.js";

/** `layerwright explain`: what each step became, and what each pass did and saw. */
export function define(command: Command, shell: Shell): void {
  command
    .argument("[names...]", NAMES_HELP)
    .option("--why", "say for each command whether a build would run it, and what changed since it ran last")
    .option("-t, --tag <tag>", "with --why: the tag that the image is built with")
    .addOption(new Option("--store <folder>", "the folder of the store").env("LAYERWRIGHT_CACHE"));
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
