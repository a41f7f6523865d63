import type { Owner } from "../../image/owner.js";
import { resolvePath } from "../../layer/resolve.js";
import { lookup } from "../../layer/tree.js";
import type { FolderNode, TreeNode } from "../../layer/tree-node.js";
import type { RuntimeConfig } from "../../oci/image-config.js";
import type { Operation } from "../../plan/operation.js";
import type { BaseFacts, KnownPath, Stage } from "../../plan/plan.js";
import { readAccounts } from "../owners.js";

/** What some stages need to know of the base they stand on: the paths they touch, and the accounts they name. */
export async function factsOf(
  tree: FolderNode,
  config: RuntimeConfig,
  stages: readonly Stage[],
): Promise<BaseFacts> {
  const operations = stages.flatMap(({ layers }) => layers.flatMap((layer) => layer.operations));
  const paths: Record<string, KnownPath> = {};
  for (const operation of operations) for (const path of pathsOf(operation)) addPath(paths, tree, path);
  const { users, groups } = await readAccounts(tree);
  const usedUsers: Record<string, { uid: number; gid: number }> = {};
  const usedGroups: Record<string, number> = {};
  for (const { user, group } of operations.flatMap(ownersOf)) {
    const ids = typeof user === "string" ? users.get(user) : undefined;
    if (ids !== undefined) usedUsers[`${user}`] = ids;
    const gid = typeof group === "string" ? groups.get(group) : undefined;
    if (gid !== undefined) usedGroups[`${group}`] = gid;
  }
  return { config, paths, users: usedUsers, groups: usedGroups };
}

/** The path and every folder above it, as they are spelt, and where their links lead. */
function addPath(paths: Record<string, KnownPath>, tree: FolderNode, path: string): void {
  const names = path.split("/").filter((name) => name !== "");
  paths["/"] ??= known(tree);
  for (let length = 1; length <= names.length; length++) {
    const spelt = `/${names.slice(0, length).join("/")}`;
    const node = resolvePath(tree, spelt, { followLast: false }).node;
    paths[spelt] ??= known(node);
    if (node?.type !== "symlink") continue;
    const real = resolvePath(tree, spelt).path;
    const parts = real.split("/").filter((name) => name !== "");
    for (let end = 1; end <= parts.length; end++) {
      const at = parts.slice(0, end).join("/");
      paths[`/${at}`] ??= known(lookup(tree, at));
    }
  }
}

function known(node: TreeNode | undefined): KnownPath {
  if (node === undefined) return null;
  const { mode, uid, gid } = node;
  if (node.type === "folder") return { type: "folder", mode, uid, gid };
  if (node.type === "file") return { type: "file", mode, uid, gid, size: node.size };
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
      return operation.workdir === undefined ? [] : [operation.workdir];
    default:
      return [operation.path];
  }
}

/** Names that files would get in a folder, where the sources are plain paths. */
function filesInto(dest: string, sources: Extract<Operation, { op: "copy" }>["sources"]): string[] {
  const names = sources.map(({ path }) => path.slice(path.lastIndexOf("/") + 1));
  return names
    .filter((name) => name !== "" && name !== "." && !/[*?[\\]/.test(name))
    .map((name) => `${dest}/${name}`.replace("//", "/"));
}

function ownersOf(operation: Operation): readonly Owner[] {
  return "owner" in operation && operation.owner !== undefined ? [operation.owner] : [];
}
