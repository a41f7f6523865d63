import { readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { LoadedCatalog, LoadedImage } from "./load/loaded-catalog.js";
import type { SelectionFlags } from "./select-names.js";
import type { Session } from "./session.js";

/** A catalog, and the directory that its sources are relative to. */
type ContextCatalog = Pick<LoadedCatalog, "name" | "images"> & { readonly context: string };

/**
 * The images of a catalog that the options leave, all that `--affected-by` and `--changed` both mean.
 *
 * @param chosen the names that were asked for
 */
export async function narrowedImages(
  session: Session,
  catalog: ContextCatalog,
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
  { images: all, context }: ContextCatalog,
  entry: string,
): Promise<LoadedImage[]> {
  const { isMadeFrom, isWritten } = await import("../project/affected.js");
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
  { name: catalog, context }: ContextCatalog,
): Promise<LoadedImage[]> {
  const { changedSince } = await import("../project/affected.js");
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

/** What a program asks for by a path: `from "./a.js"`, `import "./a.js"`, `import("./a.js")`, `require("./a.js")`. */
const REQUESTS = /(?:\bfrom|\bimport|\brequire)\s*\(?\s*["'](\.{1,2}\/[^"'\n]*|\.{1,2})["']/g;
const MODULE = /\.[cm]?[jt]sx?$/;
const ENDINGS = ["", ".ts", ".mts", ".cts", ".tsx", ".js", ".mjs", ".cjs", ".json", "/index.ts", "/index.js"];

/**
 * The files of the user's program, absolute and with links followed: its entry and all that is imported from there by
 * relative paths, told from the text. Packages are no part of it.
 */
export function importedModules(entry: string): ReadonlySet<string> {
  const found = new Set<string>();
  const waiting = [realpathSync(entry)];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (found.has(file)) continue;
    found.add(file);
    if (!MODULE.test(file)) continue;
    for (const [, request = ""] of readFileSync(file, "utf8").matchAll(REQUESTS)) {
      const module = moduleAt(resolve(dirname(file), request));
      if (module !== undefined) waiting.push(module);
    }
  }
  return found;
}

function moduleAt(path: string): string | undefined {
  // TypeScript's own files are asked for by the name that they are compiled to.
  const stems = [path, path.replace(/\.([cm]?)js$/, ".$1ts"), path.replace(/\.jsx?$/, ".tsx")];
  for (const stem of new Set(stems)) {
    for (const ending of ENDINGS) {
      const place = `${stem}${ending}`;
      if (statSync(place, { throwIfNoEntry: false })?.isFile() === true) return realpathSync(place);
    }
  }
  return undefined;
}
