import { resolve } from "node:path";
import type { LoadedImage } from "../load/loaded-catalog.js";
import type { OpenCatalog } from "../open-catalog.js";
import type { Session } from "../session.js";
import type { SelectionFlags } from "./selection-flags.js";

/**
 * The images of a catalog that the options leave, all that `--affected-by` and `--changed` both mean.
 *
 * @param chosen the names that were asked for
 */
export async function narrowedImages(
  session: Session,
  catalog: OpenCatalog,
  chosen: readonly string[],
  entry: string,
): Promise<readonly LoadedImage[]> {
  const { affectedBy, changed } = session.options;
  const named = new Set(chosen);
  let images = catalog.images.filter(({ name }) => named.has(name));
  if (affectedBy !== undefined) images = await affectedImages(images, affectedBy, catalog, entry);
  if (changed === true) images = await changedImages(images, session, catalog);
  if (images.length === 0) session.note(`${emptyText(session.options)}\n`);
  return images;
}

async function affectedImages(
  images: readonly LoadedImage[],
  paths: readonly string[],
  { images: all, context }: OpenCatalog,
  entry: string,
): Promise<LoadedImage[]> {
  const { isMadeFrom, isWritten } = await import("../../project/affected.js");
  const { importedModules } = await import("../load/imported-modules.js");
  const files = paths.map((path) => resolve(path));
  const plansOf = ({ plans }: LoadedImage) => plans.map(({ optimized }) => optimized.plan);
  const modules = importedModules(entry);
  // A module in which no step is written, such as one of constants, can mean every image.
  const decisive = files.some(
    (file) => modules.has(file) && !all.flatMap(plansOf).some((plan) => isWritten(plan, file, context)),
  );
  if (decisive) return [...images];
  return images.filter((image) =>
    plansOf(image).some((plan) => files.some((file) => isMadeFrom(plan, file, context))),
  );
}

async function changedImages(
  images: readonly LoadedImage[],
  { options }: Session,
  { name: catalog, context }: OpenCatalog,
): Promise<LoadedImage[]> {
  const { changedSince } = await import("../../project/affected.js");
  const known = images.map(({ name, plans }) => ({
    knownAs: `${catalog}/${name}`,
    plans: plans.map(({ optimized }) => optimized.plan),
  }));
  const { lock, store } = options;
  const settings = { context, store, ...(typeof lock === "string" || lock === false ? { lock } : {}) };
  const changed = await changedSince(known, settings);
  return images.filter((_, at) => changed[at]);
}

function emptyText({ affectedBy, changed }: SelectionFlags): string {
  const which = [
    ...(changed === true ? ["changed since the last build"] : []),
    ...(affectedBy === undefined ? [] : [`made from ${affectedBy.join(", ")}`]),
  ];
  return `no image is ${which.join(" and ")}`;
}
