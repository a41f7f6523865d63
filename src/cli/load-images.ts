import type { EngineName } from "../adapters/output-engine/engine-place.js";
import { sizeText } from "../core/size.js";
import { platformText } from "../oci/platform.js";
import type { LoadedImageResult, LoadResult } from "../project/load.js";
import { loadPlatform } from "../project/platforms.js";
import { type BuildFlags, checkBuildOptions } from "./build-flags.js";
import { counted } from "./counted.js";
import { decideForCatalog } from "./decide-layering.js";
import { keepLimit } from "./kept-limit.js";
import { shortDigest } from "./layer-tree.js";
import { namedProgress } from "./named-progress.js";
import { openCatalog } from "./open-catalog.js";
import type { Paint } from "./paint.js";
import { judgedPlans, lockOf, passGate } from "./policy-gate.js";
import { withProgress } from "./progress.js";
import { nothingMade, type Report } from "./report.js";
import { writeResultFiles } from "./result-files.js";
import type { Session } from "./session.js";
import { UsageError } from "./usage-error.js";
import { sayWarnings } from "./warning-text.js";

/** What `layerwright load`, and `layerwright build --load`, were told. */
export interface LoadFlags extends BuildFlags {
  readonly engine?: EngineName;
}

/** Builds images and loads them into an engine. */
export async function loadImages(
  session: Session,
  names: readonly string[],
  flags: LoadFlags,
): Promise<Report> {
  if (flags.output !== undefined) {
    const reason = "--load and --output are two places, and a build has one";
    throw new UsageError("COMMAND_LINE_INVALID", {
      reason,
      suggestion: undefined,
      command: "layerwright build",
    });
  }
  const checked = await checkBuildOptions(flags, session.options.json === true);
  const { platforms } = checked;
  const also = { limit: true, policies: lockOf(checked.common) };
  const open = () => openCatalog(session, names, platforms, also);
  const catalog = await open();
  const { context, images, name: catalogName } = catalog;
  // Of a selection nothing may be left; then no engine is asked for.
  if (images.length === 0) return nothingMade(catalogName);
  const jobs = images.map(({ name, plans }) => {
    const platform = loadPlatform(plans.map((plan) => plan.platform));
    if (plans.length > 1) {
      const all = plans.map((plan) => platformText(plan.platform)).join(", ");
      session.note(`${name}: ${platformText(platform)} is loaded, of ${all}\n`);
    }
    const { optimized } = plans.find((plan) => plan.platform === platform)!;
    return { name, platform, several: false, optimized };
  });
  const chosen = jobs.map(({ name }) => name);
  checked.checkCount(jobs, chosen);
  const judged = await decideForCatalog(session, catalog, checked.common, open);
  await keepLimit(session, catalog, checked.common, jobs[0]?.platform);
  const common = await passGate(session, judged, judgedPlans(jobs), {
    names,
    platforms,
    common: checked.common,
  });
  const { loadPlans } = await import("../project/load.js");
  const result = await withProgress(session, (progress) => {
    const { engine } = flags;
    const plans = jobs.map(({ name, optimized }) => ({
      optimized,
      reference: checked.referenceOf(catalogName, name),
      knownAs: `${catalogName}/${name}`,
      ...(progress && { progress: namedProgress(progress, name, jobs.length > 1) }),
    }));
    return loadPlans(plans, {
      ...common,
      context,
      engine,
      ...(progress && { progress }),
      signal: session.signal,
    });
  });
  const warn = sayWarnings(session.note, session.paint);
  const named = result.images.map((image, at) => ({ name: chosen[at]!, result: image }));
  for (const { name, result: image } of named) warn(name, image.warnings);
  writeResultFiles(flags, named);
  const { engine, place } = result;
  return {
    json: {
      catalog: catalogName,
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
