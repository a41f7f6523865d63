import { sizeText } from "../core/size.js";
import type { PushReport } from "../ports/image-output.js";
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
import type { Session } from "./session.js";
import { UsageError } from "./usage-error.js";
import { sayWarnings } from "./warning-text.js";

/** Builds images and pushes them in one go; what `push`, and `build --push`, do. */
export async function pushImages(
  session: Session,
  names: readonly string[],
  flags: BuildFlags,
): Promise<Report> {
  if (flags.output !== undefined) {
    const reason = "--push and --output are two places, and a build has one";
    throw new UsageError("COMMAND_LINE_INVALID", {
      reason,
      suggestion: undefined,
      command: "layerwright build",
    });
  }
  const checked = await checkBuildOptions({ ...flags, output: "type=oci" }, session.options.json === true);
  const { platforms } = checked;
  const also = { limit: true, policies: lockOf(checked.common) };
  const open = () => openCatalog(session, names, platforms, also);
  const catalog = await open();
  const { context, images, name: catalogName } = catalog;
  if (images.length === 0) return nothingMade(catalogName);
  const jobs = images.flatMap(({ name, plans }) =>
    plans.map((plan) => ({ ...plan, name, several: plans.length > 1 })),
  );
  checked.checkCount(
    jobs,
    images.map(({ name }) => name),
  );
  const judged = await decideForCatalog(session, catalog, checked.common, open);
  await keepLimit(session, catalog, checked.common);
  const common = await passGate(session, judged, judgedPlans(jobs), {
    names,
    platforms,
    common: checked.common,
  });
  const { pushPlans } = await import("../project/push.js");
  const report = await withProgress(session, (progress) => {
    const pushed = images.map(({ name, plans }) => ({
      reference: checked.referenceOf(catalogName, name),
      knownAs: `${catalogName}/${name}`,
      plans: plans.map(({ optimized }) => ({
        optimized,
        progress: progress && namedProgress(progress, name, jobs.length > 1),
      })),
    }));
    const { signal } = session;
    return pushPlans(pushed, { ...common, context, signal, ...(progress && { progress }) });
  });
  const warn = sayWarnings(session.note, session.paint);
  for (const { name, plans } of images) for (const { optimized } of plans) warn(name, optimized.warnings);
  return {
    json: { catalog: catalogName, ...report },
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
