import { realpathSync, statSync } from "node:fs";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { IGNORE_FILE, openContext } from "../adapters/files-node/context-root.js";
import { type GlobPattern, matchesGlob, parseGlobPattern } from "../core/glob.js";
import { parseIgnoreList } from "../core/ignore-rules.js";
import type { PlanContextSource } from "../plan/operation.js";
import { operationsOf, type Plan, type Stage, sourcesOf } from "../plan/plan.js";
import { inputStamp } from "./build.js";
import { lastBuilt } from "./last-built.js";
import { pinByLock } from "./lock/pin-plans.js";
import type { LockPlace } from "./options.js";
import { contextFiles, openStore } from "./workspace.js";

/**
 * True when a file or directory, which need not exist any more, is something that an image is made from: a source that its
 * steps copy or mount and no rule ignores, a base on disk, or the file of the program that a step was written in. What
 * the images below it and beside it are made from counts, since their stages are in the plan.
 *
 * @param path absolute
 */
export function isMadeFrom(plan: Plan, path: string, context: string): boolean {
  const file = withoutLinks(path);
  return (
    plan.stages.some((stage) => hasBaseAt(stage, file, context) || isWrittenIn(stage, file, context)) ||
    plan.stages.flatMap(operationsOf).some((operation) => {
      const exclude = operation.op === "copy" ? (operation.exclude ?? []) : [];
      return sourcesOf(operation).some(
        (source) => source.from === "context" && holds(source, exclude, file, plan, context),
      );
    })
  );
}

/** True when a step of the image was written in a file. */
export function isWritten(plan: Plan, path: string, context: string): boolean {
  const file = withoutLinks(path);
  return plan.stages.some((stage) => isWrittenIn(stage, file, context));
}

function isWrittenIn(stage: Stage, file: string, context: string): boolean {
  const origins = [stage, ...operationsOf(stage), ...stage.config].map(({ origin }) => origin?.file);
  return [...new Set(origins)].some(
    (origin) => origin !== undefined && isIn(withoutLinks(resolve(context, origin)), file),
  );
}

function hasBaseAt({ base }: Stage, file: string, context: string): boolean {
  if (!("path" in base)) return false;
  const place = withoutLinks(resolve(context, base.path));
  return isIn(place, file) || isIn(file, place);
}

function holds(
  { context: name, path }: PlanContextSource,
  exclude: readonly string[],
  file: string,
  { contexts }: Plan,
  context: string,
): boolean {
  const folder = name === undefined ? context : resolve(context, contexts[name]!);
  const root = withoutLinks(folder);
  if (isIn(root, file)) return true;
  if (!isIn(file, root)) return false;
  const relativePath = relative(root, file).split(sep).join("/");
  if (relativePath === IGNORE_FILE) return true;
  const pattern = parseGlobPattern(path);
  const names = relativePath.split("/");
  const isFolder = statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
  if (isFolder && reachesBelow(pattern, relativePath)) return true;
  if (!isFolder && openContext(name, folder).rules.decideAlone(relativePath).ignored) return false;
  const excluded = parseIgnoreList(exclude);
  for (let length = 0; length <= names.length; length++) {
    if (!matchesGlob(pattern, names.slice(0, length).join("/"))) continue;
    const below = names.slice(length).join("/");
    // As a copy reads it: of a single file only a pattern's matches can be excluded.
    const left = below === "" ? (pattern.wild ? basename(file) : "") : below;
    if (isFolder || left === "" || !excluded.decideAlone(left).ignored) return true;
  }
  return false;
}

/** True when a pattern can match something inside of a directory. */
function reachesBelow({ wild, components }: GlobPattern, folder: string): boolean {
  return components.some(
    (component, at) =>
      component.kind === "deep" ||
      (at > 0 && matchesGlob({ wild, components: components.slice(0, at) }, folder)),
  );
}

function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder === sep ? sep : `${folder}${sep}`);
}

/** The path with the links on the way followed, as far as it exists. */
function withoutLinks(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(path);
    return parent === path ? path : join(withoutLinks(parent), basename(path));
  }
}

/** An image of a catalog, and the name that the store remembers its builds by: `acme/api`. */
interface KnownImage {
  readonly knownAs: string;
  /** One a platform. */
  readonly plans: readonly Plan[];
}

/** Where the images and their builds are. */
interface ChangedOptions extends LockPlace {
  /** Absolute. */
  readonly context: string;
  readonly store?: string | undefined;
}

/**
 * Which images are no longer what was built last with this store, or never were: for each whether its description, what
 * the lock pins, a file that it reads or a base on disk has changed. What cannot be told, such as a source that is gone,
 * counts as changed, and is said by the build.
 */
export async function changedSince(
  images: readonly KnownImage[],
  { context, store: folder, ...lock }: ChangedOptions,
): Promise<readonly boolean[]> {
  const all = images.flatMap(({ plans }) => plans);
  const pinned = new Map(pinByLock(all, { ...lock, context }).map((plan, at) => [all[at]!, plan]));
  const store = await openStore(folder);
  try {
    const results: boolean[] = [];
    for (const { knownAs, plans } of images) {
      const changed = await Promise.all(
        plans.map(async (own) => {
          const plan = pinned.get(own)!;
          const record = await lastBuilt(store, { context, knownAs, platform: plan.platform });
          return record?.inputs === undefined || record.inputs !== stampOrNone(plan, context);
        }),
      );
      results.push(changed.includes(true));
    }
    return results;
  } finally {
    await store.close();
  }
}

function stampOrNone(plan: Plan, context: string): string | undefined {
  try {
    return inputStamp(plan, contextFiles(context, plan.contexts), context);
  } catch {
    return undefined;
  }
}
