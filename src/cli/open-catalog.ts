import { realpathSync, statSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { PolicyReport } from "../policy/judge-catalog.js";
import { pinByLock } from "../project/lock/pin-plans.js";
import type { LookUpBasesOptions } from "../project/prepare/known-bases.js";
import { namedPlans, type PolicyQuestion, type Project } from "../project/project.js";
import { loadCatalog } from "./load/load-catalog.js";
import type { LoadedCatalog, LoadRequest } from "./load/loaded-catalog.js";
import { UsageError } from "./option-value.js";
import type { Session } from "./session.js";

/** The project that a command works on: a catalog in a child process, which runs again for each further question. */
export interface OpenCatalog extends Omit<LoadedCatalog, "policies" | "limit">, Project {
  readonly images: LoadedCatalog["images"];
  /** The user's file as messages name it. */
  readonly shown: string;
}

/**
 * Finds the user's file, runs it, and takes the images that were asked for, by name and by what they are made from; asks
 * its policies where `policies` is given.
 */
export async function openCatalog(
  session: Session,
  names: readonly string[],
  platforms?: readonly string[],
  also: Pick<LoadRequest, "variants" | "limit" | "policies"> = {},
): Promise<OpenCatalog> {
  const { options, shell, signal } = session;
  const app = findApp(options.app);
  const context = options.context === undefined ? app.folder : resolve(options.context);
  shell.folder = context;
  const { entry, shown } = app;
  const narrowed = options.affectedBy !== undefined || options.changed === true;
  const request = {
    entry,
    shown,
    context,
    // What a file means is told from all images.
    names: narrowed ? [] : names,
    ...also,
    ...(platforms === undefined ? {} : { platforms }),
  };
  const lowered = await loadCatalog(request, signal);
  const { prepareLoaded } = await import("./load/prepare-loaded.js");
  const { policies, ...loaded } = await prepareLoaded(lowered, placeOf(session, context));
  const whole = { maxLayers: loaded.maxLayers, plans: (on?: readonly string[]) => allPlans(session, on) };
  const catalog = { ...loaded, shown, context, whole };
  const images = narrowed ? await narrow(session, catalog, names, entry) : catalog.images;
  if (policies === undefined) return { ...catalog, images };
  const first = leftOf(policies, images);
  return {
    ...catalog,
    images,
    judge: async ({ facts, decided }) =>
      facts === undefined && decided !== true ? first : judgeAgain(request, images, facts, signal),
  };
}

/** The images that are left of those that were asked for, by what they are made from. */
async function narrow(
  session: Session,
  catalog: OpenCatalog,
  names: readonly string[],
  entry: string,
): Promise<OpenCatalog["images"]> {
  const { selectNames } = await import("./select-names.js");
  const { narrowedImages } = await import("./narrow-images.js");
  return narrowedImages(session, catalog, selectNames(catalog, names), entry);
}

/** Runs the user's file once more to ask its policies, with what was built in a file that only it reads. */
async function judgeAgain(
  request: LoadRequest,
  images: OpenCatalog["images"],
  facts: PolicyQuestion["facts"],
  signal: AbortSignal,
): Promise<PolicyReport> {
  const ask = async (built?: string) => {
    const policies = { ...request.policies, ...(built === undefined ? {} : { built }) };
    const { policies: report } = await loadCatalog({ ...request, policies }, signal);
    return leftOf(report ?? { findings: [], awaiting: [] }, images);
  };
  if (facts === undefined) return ask();
  const { builtFileText } = await import("./load/built-file.js");
  const directory = await mkdtemp(join(tmpdir(), "layerwright-policies-"));
  try {
    const built = join(directory, "built.json");
    await writeFile(built, await builtFileText(facts), { mode: 0o600 });
    return await ask(built);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Runs the user's file once more for all images: the lines of a plan are known in its process alone. */
async function allPlans(session: Session, platforms: readonly string[] | undefined) {
  const { affectedBy: _, changed: __, ...options } = session.options;
  const { images } = await openCatalog({ ...session, options }, [], platforms);
  return namedPlans(images);
}

/** What is looked at to prepare the plans of a catalog, by the options of the command. */
function placeOf({ options, signal }: Session, context: string): LookUpBasesOptions {
  const { lock, store, offline } = options;
  return {
    context,
    signal,
    // The parser says true where neither --lock nor --no-lock was written.
    ...(typeof lock === "string" || lock === false ? { lock } : {}),
    ...(store === undefined ? {} : { store }),
    ...(offline === undefined ? {} : { offline }),
  };
}

/** What the policies say of the images that are left. */
function leftOf({ findings, awaiting }: PolicyReport, images: OpenCatalog["images"]): PolicyReport {
  const left = new Set(images.map(({ name }) => name));
  return {
    findings: findings.filter(({ image }) => left.has(image)),
    awaiting: awaiting.filter((name) => left.has(name)),
  };
}

/** The same, with every plan pinned by the lock as far as that goes. */
export async function openPinnedCatalog(
  session: Session,
  names: readonly string[],
  options: Pick<Parameters<typeof pinByLock>[1], "lock" | "locked"> = {},
): Promise<OpenCatalog> {
  const catalog = await openCatalog(session, names);
  const all = catalog.images.flatMap(({ plans }) => plans.map(({ optimized }) => optimized.plan));
  const pinned = new Map(
    pinByLock(all, { ...options, context: catalog.context }).map((plan, index) => [all[index], plan]),
  );
  const images = catalog.images.map((image) => ({
    ...image,
    plans: image.plans.map(({ optimized, ...plan }) => ({
      ...plan,
      optimized: { ...optimized, plan: pinned.get(optimized.plan) ?? optimized.plan },
    })),
  }));
  return { ...catalog, images };
}

/** The names that a catalog is looked for under, in the working directory. */
export const catalogNames = ["catalog.ts", "catalog.mts", "catalog.js", "catalog.mjs"] as const;

/** The user's file. */
export interface App {
  /** Absolute, with links resolved, as Node names the entry of a process. */
  readonly entry: string;
  /** As messages name it: relative to the working directory. */
  readonly shown: string;
  readonly folder: string;
}

/**
 * Finds the user's file: the one that was named, else the first usual name in the working directory.
 *
 * @throws {UsageError} CATALOG_NOT_FOUND
 */
function findApp(named: string | undefined, folder = process.cwd()): App {
  const looked = named === undefined ? catalogNames : [named];
  for (const name of looked) {
    const path = resolve(folder, name);
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) continue;
    const entry = realpathSync(path);
    // The directory of the path as written: a catalog that is a link belongs to where the link is.
    return { entry, shown: relative(folder, path).split(sep).join("/"), folder: dirname(path) };
  }
  throw new UsageError("CATALOG_NOT_FOUND", { folder, looked }, { subject: folder });
}
