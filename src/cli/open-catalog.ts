import { resolve } from "node:path";
import { pinByLock } from "../project/lock-file.js";
import type { WholeCatalog } from "../project/options.js";
import type { PrepareOptions } from "../project/prepare.js";
import { findApp } from "./load/find-app.js";
import { loadCatalog } from "./load/load-catalog.js";
import type { LoadedCatalog, LoadRequest } from "./load/loaded-catalog.js";
import type { Session } from "./session.js";

/** The images that a command works on, and the folder that their sources are relative to. */
export interface OpenCatalog extends LoadedCatalog {
  /** The user's file as messages name it. */
  readonly shown: string;
  /** The context folder, absolute. */
  readonly context: string;
  /** All images of the catalog, whatever was asked for. */
  readonly whole: WholeCatalog;
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
  const loaded = await prepareLoaded(lowered, placeOf(session, context));
  const whole = { maxLayers: loaded.maxLayers, plans: (on?: readonly string[]) => allPlans(session, on) };
  const catalog = { ...loaded, shown, context, whole };
  if (!narrowed) return catalog;
  const { selectNames } = await import("./select/select-names.js");
  const { narrowedImages } = await import("./select/narrowed-images.js");
  const images = await narrowedImages(session, catalog, selectNames(catalog, names), entry);
  return { ...catalog, ...policiesOf(catalog, images), images };
}

/** Runs the user's file once more for all images: the lines of a plan are known in its process alone. */
async function allPlans(session: Session, platforms: readonly string[] | undefined) {
  const { affectedBy: _, changed: __, ...options } = session.options;
  const { images } = await openCatalog({ ...session, options }, [], platforms);
  return images.flatMap(({ name, plans }) => plans.map(({ optimized }) => ({ name, plan: optimized.plan })));
}

/** What is looked at to prepare the plans of a catalog, by the options of the command. */
function placeOf({ options, signal }: Session, context: string): PrepareOptions {
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
function policiesOf({ policies }: OpenCatalog, images: OpenCatalog["images"]): Pick<OpenCatalog, "policies"> {
  if (policies === undefined) return {};
  const left = new Set(images.map(({ name }) => name));
  const findings = policies.findings.filter(({ image }) => left.has(image));
  return { policies: { findings, awaiting: policies.awaiting.filter((name) => left.has(name)) } };
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
