import type { Stats } from "node:fs";
import type { HostPlace } from "../../archive/held-directory.js";
import { compareBytes } from "../../core/bytes.js";
import { type GlobComponent, type GlobPattern, matchesName } from "../../core/glob.js";
import type { ParentMatches } from "../../core/ignore-rules.js";
import type { ContextRoot } from "./context-root.js";
import { followLink } from "./follow-link.js";
import { sortedNames } from "./read-names.js";
import { statsOrNothing } from "./source-entry.js";

/** A path of a context that a pattern names. */
export interface FoundPath {
  /** The path as it was asked for, relative to the context; empty for the context itself. */
  readonly path: string;
  /** Where it really is in the context, with no link on the way. */
  readonly realPath: string;
  readonly place: HostPlace;
  readonly stats: Stats;
  /** What the ignore rules said of it, for what is below. */
  readonly matches: ParentMatches;
  /** The rules ignore it; only something below it may be taken back in. */
  readonly ignored: boolean;
  /** The links that led here, in the order they were followed, as their own paths. */
  readonly links: readonly string[];
  /** Set for a link that leads to nothing in the context: the reason, for a message. */
  readonly broken?: string;
}

/**
 * Finds what a pattern names, in byte order and without what the ignore rules hide. As in COPY, links before the first
 * wildcard and at the end are followed inside the context; between the two, none is.
 */
export function findMatches(root: ContextRoot, pattern: GlobPattern): FoundPath[] {
  const found: FoundPath[] = [];
  const top: FoundPath = {
    path: "",
    realPath: "",
    place: root.held.top,
    stats: root.held.top.stats(),
    matches: undefined,
    ignored: false,
    links: [],
  };
  search(root, pattern.components, 0, top, found);
  const byPath = new Map(found.map((item) => [item.path, item]));
  return [...byPath.values()].sort((left, right) => compareBytes(left.path, right.path));
}

function search(
  root: ContextRoot,
  components: readonly GlobComponent[],
  at: number,
  here: FoundPath,
  found: FoundPath[],
): void {
  const component = components[at];
  if (component === undefined) {
    if (here.broken !== undefined || !here.ignored || here.stats.isDirectory()) found.push(here);
    return;
  }
  if (!here.stats.isDirectory()) return;
  if (component.kind === "deep") {
    searchDeep(root, components, at, here, found);
    return;
  }
  const names = component.kind === "name" ? [component.name] : sortedNames(here.place);
  const last = at + 1 === components.length;
  const follow = last || components.slice(0, at + 1).every(({ kind }) => kind === "name");
  for (const name of names) {
    if (!matchesName(component, name)) continue;
    const child = step(root, here, name, follow);
    if (child !== undefined) search(root, components, at + 1, child, found);
  }
}

/** `**`: this folder, and every folder below it. As last component it stands for everything in this folder. */
function searchDeep(
  root: ContextRoot,
  components: readonly GlobComponent[],
  at: number,
  here: FoundPath,
  found: FoundPath[],
): void {
  if (at + 1 === components.length) {
    for (const name of sortedNames(here.place)) {
      const child = step(root, here, name, true);
      if (child !== undefined) search(root, components, at + 1, child, found);
    }
    return;
  }
  search(root, components, at + 1, here, found);
  for (const name of sortedNames(here.place)) {
    const child = step(root, here, name, false);
    if (child?.stats.isDirectory()) searchDeep(root, components, at, child, found);
  }
}

function step(root: ContextRoot, parent: FoundPath, name: string, follow: boolean): FoundPath | undefined {
  const path = parent.path === "" ? name : `${parent.path}/${name}`;
  const realPath = parent.realPath === "" ? name : `${parent.realPath}/${name}`;
  const verdict = root.rules.decide(realPath, parent.matches);
  if (verdict.ignored && !root.rules.mayHoldExceptions(realPath)) return undefined;
  const place = parent.place.child(name);
  const stats = statsOrNothing(place);
  if (stats === undefined) return undefined;
  if (stats.isSymbolicLink() && follow) {
    if (verdict.ignored) return undefined;
    return followLink(root, { path, realPath, place, stats, links: parent.links });
  }
  const { matches, ignored } = verdict;
  return { path, realPath, place, stats, matches, ignored, links: parent.links };
}
