import type { Stats } from "node:fs";
import { type HostPlace, hostText } from "../../archive/held-directory.js";
import { compareBytes } from "../../core/bytes.js";
import { type GlobComponent, type GlobPattern, matchesName } from "../../core/glob.js";
import type { ParentMatches } from "../../core/ignore-rules.js";
import { EnvironmentError, PlanError } from "../../errors/layerwright-error.js";
import { type ContextRoot, sortedNames } from "./context-root.js";
import { linkTarget, statsOrNothing } from "./source-entry.js";

/** A path of a context that a pattern names. */
export interface FoundPath {
  /** The path as it was asked for, relative to the context; empty for the context itself. */
  readonly path: string;
  /** The real path in the context, with no link on the way. */
  readonly realPath: string;
  readonly place: HostPlace;
  readonly stats: Stats;
  /** The verdict of the ignore rules on it, for what is below. */
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

/** `**`: this directory, and every directory below it. As last component it stands for everything in this directory. */
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

/** As many links as one path may lead through, which is Linux's own limit. */
const MOST_LINKS = 40;

/**
 * The end of a link of the context, with all links on the way to it. A link out of the context is refused and never
 * followed: what it names belongs to the machine and not to the project. So is an absolute one, which leads elsewhere
 * on another machine and in a builder. Where there is nothing at the end, or an ignore rule hides it, the link itself
 * is given back with the reason.
 */
function followLink(root: ContextRoot, link: Omit<FoundPath, "matches" | "ignored">): FoundPath {
  const links = [...link.links, link.realPath];
  const broken = (reason: string): FoundPath => ({
    ...link,
    matches: undefined,
    ignored: false,
    broken: reason,
  });
  let at = namesOf(link.realPath).slice(0, -1);
  const rest = targetNames(link.path, link.place);
  for (let name = rest.shift(); name !== undefined; name = rest.shift()) {
    if (name === "..") {
      if (at.length === 0) throw outside(link.path, link.place, targetOf(link.place));
      at = at.slice(0, -1);
      continue;
    }
    const path = [...at, name].join("/");
    const place = placeOf(root, [...at, name]);
    const stats = statsOrNothing(place);
    if (stats === undefined) return broken(`there is no ${path} in the context`);
    if (stats.isSymbolicLink()) {
      if (root.rules.decideAlone(path).ignored) return broken(`an ignore rule hides ${path}`);
      if (links.length >= MOST_LINKS) throw tooManyLinks(place);
      links.push(path);
      rest.unshift(...targetNames(link.path, place));
    } else if (rest.length > 0 && !stats.isDirectory()) return broken(`${path} is no directory`);
    else at = [...at, name];
  }
  return endOf(root, link.path, at, links) ?? broken(`an ignore rule hides ${at.join("/")}`);
}

function endOf(
  root: ContextRoot,
  path: string,
  names: readonly string[],
  links: readonly string[],
): FoundPath | undefined {
  const realPath = names.join("/");
  const place = placeOf(root, names);
  const stats = statsOrNothing(place);
  if (stats === undefined) return undefined;
  const { ignored, matches } =
    realPath === "" ? { ignored: false, matches: undefined } : root.rules.decideAlone(realPath);
  if (ignored && !(stats.isDirectory() && root.rules.mayHoldExceptions(realPath))) return undefined;
  return { path, realPath, place, stats, matches, ignored, links };
}

/** The names in the target of a link. */
function targetNames(path: string, link: HostPlace): string[] {
  const target = targetOf(link);
  if (target.startsWith("/")) throw outside(path, link, target);
  return namesOf(target);
}

/** The text of a link; the directory that is held is none. */
function targetOf({ parent, name }: HostPlace): string {
  return linkTarget(parent!, name);
}

function namesOf(path: string): string[] {
  return path.split("/").filter((name) => name !== "" && name !== ".");
}

function placeOf(root: ContextRoot, names: readonly string[]): HostPlace {
  return names.reduce((place, name) => place.child(name), root.held.top);
}

function outside(path: string, link: HostPlace, target: string): PlanError {
  const hostPath = link.path;
  const reason = target.startsWith("/")
    ? `is ${hostText(hostPath)}, a symbolic link to the absolute path ${target}, which is not part of the context`
    : `is ${hostText(hostPath)}, a symbolic link that leads out of the context to ${target}`;
  return new PlanError("SOURCE_OUTSIDE_CONTEXT", { call: "copy", got: path, reason }, { subject: path });
}

function tooManyLinks(link: HostPlace): EnvironmentError {
  const path = hostText(link.path);
  return new EnvironmentError(
    "SOURCE_UNREADABLE",
    { path, reason: "too many symbolic links" },
    { subject: path },
  );
}
