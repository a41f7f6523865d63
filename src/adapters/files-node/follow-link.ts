import type { HostPlace } from "../../archive/held-directory.js";
import { hostText } from "../../archive/held-directory.js";
import { EnvironmentError, PlanError } from "../../errors/layerwright-error.js";
import type { ContextRoot } from "./context-root.js";
import type { FoundPath } from "./find-matches.js";
import { linkTarget, statsOrNothing } from "./source-entry.js";

/** As many links as one path may lead through, which is Linux's own limit. */
const MOST_LINKS = 40;

/**
 * The end of a link of the context, with all links on the way to it. A link out of the context is refused and never
 * followed: what it names belongs to the machine and not to the project. So is an absolute one, which leads elsewhere
 * on another machine and in a builder. Where there is nothing at the end, or an ignore rule hides it, the link itself
 * is given back with the reason.
 */
export function followLink(root: ContextRoot, link: Omit<FoundPath, "matches" | "ignored">): FoundPath {
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
