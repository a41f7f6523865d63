import { PlanError } from "../errors/layerwright-error.js";
import type { Origin } from "../errors/origin.js";
import type { Owner } from "../image/owner.js";
import { readFileNode, readFileNodeNow } from "./read-node.js";
import { resolvePath } from "./resolve.js";
import type { FileNode, FolderNode } from "./tree.js";

/** Numeric ids of a file's owner. */
export interface Ids {
  readonly uid: number;
  readonly gid: number;
}

/** Users and groups of an image, from its own `/etc/passwd` and `/etc/group`. */
export interface Accounts {
  readonly users: ReadonlyMap<string, Ids>;
  readonly groups: ReadonlyMap<string, number>;
}

/** Larger files are no account lists that anyone has. */
const LARGEST = 4 << 20;
const cache = new WeakMap<FileNode, string>();

/** True when an owner is numbers alone, which mean the same in every tree. */
export function isNumeric({ user, group }: Owner): boolean {
  return typeof user === "number" && typeof group !== "string";
}

/**
 * The ids of an owner in a tree whose accounts are loaded. Without a group, a number stands for the group too, and a
 * name brings its primary group. Throws `OWNER_UNKNOWN`, which says the names that exist.
 */
export function resolveOwner(tree: FolderNode, owner: Owner, origin?: Origin): Ids {
  const { user, group } = owner;
  if (typeof user === "number" && typeof group !== "string") return { uid: user, gid: group ?? user };
  const accounts = loadedAccounts(tree);
  const ids = typeof user === "number" ? { uid: user, gid: user } : accounts.users.get(user);
  if (ids === undefined) throw unknown("user", `${user}`, "/etc/passwd", [...accounts.users.keys()], origin);
  if (group === undefined) return ids;
  const gid = typeof group === "number" ? group : accounts.groups.get(group);
  if (gid === undefined)
    throw unknown("group", `${group}`, "/etc/group", [...accounts.groups.keys()], origin);
  return { uid: ids.uid, gid };
}

/** Reads the account files of a tree, so that owners can be resolved in it at once. */
export async function loadAccounts(tree: FolderNode): Promise<void> {
  await accountText(tree, "etc/passwd");
  await accountText(tree, "etc/group");
}

/** The accounts of a tree; empty where it has no such files. */
export async function readAccounts(tree: FolderNode): Promise<Accounts> {
  await loadAccounts(tree);
  return loadedAccounts(tree);
}

/** The accounts of a tree whose account files are loaded, or in no layer. */
function loadedAccounts(tree: FolderNode): Accounts {
  const users = new Map<string, Ids>();
  for (const [name, , uid, gid] of fieldsOf(loadedText(tree, "etc/passwd"))) {
    if (isId(uid) && isId(gid) && name && !users.has(name))
      users.set(name, { uid: Number(uid), gid: Number(gid) });
  }
  const groups = new Map<string, number>();
  for (const [name, , gid] of fieldsOf(loadedText(tree, "etc/group"))) {
    if (isId(gid) && name && !groups.has(name)) groups.set(name, Number(gid));
  }
  return { users, groups };
}

/** The lines of an account file of a tree, each split at its colons; none where the tree has no such file. */
export async function accountFields(tree: FolderNode, path: string): Promise<string[][]> {
  return fieldsOf(await accountText(tree, path));
}

function fieldsOf(text: string | undefined): string[][] {
  return text === undefined ? [] : text.split("\n").map((line) => line.trim().split(":"));
}

/** The text of an account file of a tree; undefined where there is none. */
export async function accountText(tree: FolderNode, path: string): Promise<string | undefined> {
  const node = accountFile(tree, path);
  if (node === undefined) return undefined;
  let text = cache.get(node);
  if (text === undefined) {
    text = Buffer.from(await readFileNode(node)).toString("utf8");
    cache.set(node, text);
  }
  return text;
}

function loadedText(tree: FolderNode, path: string): string | undefined {
  const node = accountFile(tree, path);
  return node && (cache.get(node) ?? Buffer.from(readFileNodeNow(node)).toString("utf8"));
}

function accountFile(tree: FolderNode, path: string): FileNode | undefined {
  const { node } = resolvePath(tree, path);
  return node?.type === "file" && node.size <= LARGEST ? node : undefined;
}

/** Tells the text of an account file that was read in an earlier build. */
export function knowAccountText(node: FileNode, text: string): void {
  cache.set(node, text);
}

function isId(text: string | undefined): text is string {
  return text !== undefined && /^\d{1,10}$/.test(text) && Number(text) < 2 ** 32 - 1;
}

function unknown(
  kind: "user" | "group",
  name: string,
  file: string,
  known: readonly string[],
  origin: Origin | undefined,
): PlanError {
  return new PlanError("OWNER_UNKNOWN", { name, kind, file, known }, { subject: name, origin });
}
