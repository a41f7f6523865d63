import { grouped } from "../core/grouped.js";
import { isCount, isText, listOf, mapOf, objectOf } from "../core/json.js";
import { cleanAbsolute, resolvePath as joinPosix } from "../core/posix-path.js";
import type { Owner } from "../image/owner.js";
import { isRuntimeConfig, type RuntimeConfig } from "../oci/image-config.js";
import type { Operation } from "../plan/operation.js";
import { commandPaths } from "../plan/passes/command-as-files.js";
import type { BaseFacts, KnownPath, LostAttributes, Stage } from "../plan/plan.js";
import { unwrittenAttributes } from "../rootfs/entries.js";
import { readAccounts } from "../rootfs/owners.js";
import { resolveUnlessLoop } from "../rootfs/resolve.js";
import { type FolderNode, lookup, type TreeNode, walk } from "../rootfs/tree.js";

/** The facts that some stages need of the base they stand on: the paths they touch, and the accounts they name. */
export async function factsOf(
  tree: FolderNode,
  config: RuntimeConfig,
  stages: readonly Stage[],
): Promise<BaseFacts> {
  const operations = stages.flatMap(({ layers }) => layers.flatMap((layer) => layer.operations));
  const paths: Record<string, KnownPath> = {};
  const own = ownLinks(operations);
  for (const operation of operations) for (const path of pathsOf(operation)) addPath(paths, tree, own, path);
  const owners = operations.flatMap(ownersOf);
  // The files of accounts are the only contents of a base that are read.
  const named = owners.some(({ user, group }) => typeof user === "string" || typeof group === "string");
  const { users, groups } = named ? await readAccounts(tree) : NO_ACCOUNTS;
  const usedUsers: Record<string, { uid: number; gid: number }> = {};
  const usedGroups: Record<string, number> = {};
  for (const { user, group } of owners) {
    const ids = typeof user === "string" ? users.get(user) : undefined;
    if (ids !== undefined) usedUsers[`${user}`] = ids;
    const gid = typeof group === "string" ? groups.get(group) : undefined;
    if (gid !== undefined) usedGroups[`${group}`] = gid;
  }
  const lost = stages.some(({ squash }) => squash === "all") ? lostIn(tree) : undefined;
  return { config, paths, users: usedUsers, groups: usedGroups, ...(lost && { lost }) };
}

/** The attributes that the one layer of a squash does not hold, in both syntheses: it holds capabilities alone. */
function lostIn(tree: FolderNode): LostAttributes | undefined {
  const names = new Set<string>();
  const paths: string[] = [];
  for (const [path, node] of [["", tree] as const, ...walk(tree)]) {
    const own = unwrittenAttributes(node);
    if (own.length > 0) paths.push(`/${path}`);
    for (const name of own) names.add(name);
  }
  const [first] = paths;
  return first === undefined ? undefined : { names: [...names].sort(), paths: paths.length, first };
}

const NO_ACCOUNTS: Awaited<ReturnType<typeof readAccounts>> = { users: new Map(), groups: new Map() };

/** The path and every directory above it, as they are spelled, and each path that links on the way lead through. */
function addPath(paths: Record<string, KnownPath>, tree: FolderNode, own: OwnLinks, path: string): void {
  paths["/"] ??= known(tree);
  const names = namesOf(path);
  for (let length = 1; length <= names.length; length++) {
    const spelled = `/${names.slice(0, length).join("/")}`;
    paths[spelled] ??= known(nodeAt(tree, spelled));
  }
  follow(paths, tree, own, names, 0);
}

/** Links that the stages make themselves, by path: steps after them go through these as through those of the base. */
type OwnLinks = ReadonlyMap<string, readonly string[]>;

function ownLinks(operations: readonly Operation[]): OwnLinks {
  const links = operations.filter((operation) => operation.op === "symlink");
  const byPath = grouped(links, ({ path }) => path);
  return new Map([...byPath].map(([path, group]) => [path, group.map(({ target }) => target)]));
}

/** As many links as Linux follows in one path. */
const MOST_LINKS = 40;

/** Notes each path that is passed on the way, from the root of the base, with all links followed. */
function follow(
  paths: Record<string, KnownPath>,
  tree: FolderNode,
  own: OwnLinks,
  names: readonly string[],
  links: number,
): void {
  let folder = "/";
  for (const [index, name] of names.entries()) {
    const path = cleanAbsolute(`${folder}/${name}`);
    const node = lookup(tree, path.slice(1));
    paths[path] ??= known(node);
    const targets = [...(node?.type === "symlink" ? [node.target] : []), ...(own.get(path) ?? [])];
    if (links < MOST_LINKS) {
      for (const target of targets) {
        const led = namesOf(joinPosix(folder, target));
        follow(paths, tree, own, [...led, ...names.slice(index + 1)], links + 1);
      }
    }
    if (node?.type === "symlink") return;
    folder = path;
  }
}

/** The node at a path; undefined also where links on the way go round in a circle. */
function nodeAt(tree: FolderNode, path: string): TreeNode | undefined {
  return resolveUnlessLoop(tree, path, { followLast: false })?.node;
}

function namesOf(path: string): string[] {
  return path.split("/").filter((name) => name !== "");
}

function known(node: TreeNode | undefined): KnownPath {
  if (node === undefined) return null;
  const { mode, uid, gid } = node;
  if (node.type === "folder") return { type: "folder", mode, uid, gid };
  if (node.type === "file") {
    const capable = node.xattrs?.["security.capability"] !== undefined;
    return { type: "file", mode, uid, gid, size: node.size, ...(capable ? { capable } : {}) };
  }
  if (node.type === "symlink") return { type: "symlink", mode, uid, gid, target: node.target };
  return { type: "other", mode, uid, gid };
}

function pathsOf(operation: Operation): readonly string[] {
  switch (operation.op) {
    case "copy":
      return [operation.dest, ...filesInto(operation.dest, operation.sources)];
    case "add":
      return [operation.dest];
    case "hostRun":
      return [];
    case "run":
      return [
        ...(operation.workdir === undefined ? [] : [operation.workdir]),
        ...operation.shell.slice(0, 1).filter((program) => program.startsWith("/")),
        ...commandPaths(operation),
      ];
    case "remove":
    case "chmod":
    case "chown":
      return [operation.path, "/bin/sh", ...toolPlaces(operation.op === "remove" ? "rm" : operation.op)];
    default:
      return [operation.path];
  }
}

/** Paths of the tools with which a Dockerfile changes what a base has. */
function toolPlaces(tool: string): string[] {
  return ["/bin", "/usr/bin", "/sbin", "/usr/sbin"].map((directory) => `${directory}/${tool}`);
}

/** Names that files would get in a directory, where the sources are plain paths. */
function filesInto(dest: string, sources: Extract<Operation, { op: "copy" }>["sources"]): string[] {
  const names = sources.map(({ path }) => path.slice(path.lastIndexOf("/") + 1));
  return names
    .filter((name) => name !== "" && name !== "." && !/[*?[\\]/.test(name))
    .map((name) => `${dest}/${name}`.replace("//", "/"));
}

function ownersOf(operation: Operation): readonly Owner[] {
  return "owner" in operation && operation.owner !== undefined ? [operation.owner] : [];
}

const TYPES: readonly unknown[] = ["folder", "file", "symlink", "other"];
const PATH = objectOf(
  { type: (value) => TYPES.includes(value), mode: isCount, uid: isCount, gid: isCount },
  { size: isCount, target: isText, capable: (value) => value === true },
);
const FACTS = objectOf(
  {
    config: isRuntimeConfig,
    paths: mapOf((value) => value === null || PATH(value)),
    users: mapOf(objectOf({ uid: isCount, gid: isCount })),
    groups: mapOf(isCount),
  },
  {
    digest: isText,
    configOnly: (value) => value === true,
    layers: isCount,
    lost: objectOf({ names: listOf(isText), paths: isCount, first: isText }),
  },
);

/** True when a value from the store has the form of facts. */
export function isBaseFacts(value: unknown): value is BaseFacts {
  return FACTS(value);
}
