import type { Command } from "commander";
import { type BuildFlags, checkBuildOptions } from "../build-flags.js";
import { buildJson, buildText, type NamedResult } from "../build-report.js";
import { decideForCatalog } from "../decide-layering.js";
import { examples } from "../examples.js";
import { keepLimit } from "../kept-limit.js";
import { addMakeFlags } from "../make-flags.js";
import { namedProgress } from "../named-progress.js";
import { openCatalog } from "../open-catalog.js";
import { outputPlaces } from "../output-places.js";
import { judgedPlans, lockOf, passGate } from "../policy-gate.js";
import { withProgress } from "../progress.js";
import type { Report } from "../report.js";
import { writeResultFiles } from "../result-files.js";
import { addSelectionFlags, NAMES_HELP } from "../select/selection-flags.js";
import { act, type Session, type Shell } from "../session.js";
import { sayWarnings } from "../warning-text.js";
import { writtenTogether } from "../written-together.js";

/** `layerwright build`: the images themselves, without a daemon. */
export function define(command: Command, shell: Shell): void {
  command
    .argument("[names...]", NAMES_HELP)
    .option(
      "-o, --output <target>",
      "a path, - for standard output, or type=archive|oci|layout|rootfs,dest=PATH",
    )
    .option("--push", "push the images to their registries instead, as `layerwright push` does")
    .option("--load", "load the images into Docker or Podman instead, as `layerwright load` does")
    .option(
      "--platform <platforms>",
      "os/architecture[/variant], several with commas, instead of the catalog's",
    )
    .option("--iidfile <file>", "write the digest of the image's config to a file")
    .option("--metadata-file <file>", "write the digests and names of the images to a file, as buildx does");
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
  if (flags.push === true) return (await import("../push-images.js")).pushImages(session, names, flags);
  if (flags.load === true) return (await import("../load-images.js")).loadImages(session, names, flags);
  const checked = await checkBuildOptions(flags, session.options.json === true);
  const { platforms } = checked;
  const also = { limit: true, policies: lockOf(checked.common) };
  const open = () => openCatalog(session, names, platforms, also);
  const catalog = await open();
  const { context, images, name: catalogName } = catalog;
  const jobs = images.flatMap(({ name, plans }) =>
    plans.map((plan) => ({ ...plan, name, several: plans.length > 1 })),
  );
  checked.checkCount(
    jobs,
    images.map(({ name }) => name),
  );
  const places = outputPlaces(checked.output, jobs, context);
  const judged = await decideForCatalog(session, catalog, checked.common, open);
  await keepLimit(session, catalog, checked.common);
  const common = await passGate(session, judged, judgedPlans(jobs), {
    names,
    platforms,
    common: checked.common,
  });
  const { buildEach } = await import("../../project/deliver.js");
  const { signal } = session;
  const written = writtenTogether(jobs, places);
  const built = await withProgress(session, (progress) => {
    const each = written.map(({ name, plans, output }) => ({
      output,
      reference: checked.referenceOf(catalogName, name),
      plans: plans.map(({ optimized, label }) => ({
        optimized,
        knownAs: `${catalogName}/${name}`,
        progress: progress && namedProgress(progress, label, jobs.length > 1),
      })),
    }));
    return buildEach(each, { ...common, context, signal, ...(progress && { progress }) });
  });
  const results = built.flatMap((platforms, at): NamedResult[] =>
    platforms.map((result) => ({ name: written[at]!.name, result })),
  );
  const warn = sayWarnings(session.note, session.paint);
  for (const { name, result } of results) warn(name, result.warnings);
  writeResultFiles(flags, results);
  return {
    json: { catalog: catalogName, images: results.map(buildJson) },
    quiet: results.map(({ result }) => `${result.digest}\n`).join(""),
    text: (paint) => results.map((it) => buildText(it, paint)).join("\n"),
    aside: checked.output.dest === "-",
  };
}
