import { assertNever } from "../core/assert-never.js";
import { PlanError } from "../errors/layerwright-error.js";
import { withOrigin } from "../errors/with-origin.js";
import { modeAfter } from "../image/mode.js";
import {
  type AddOperation,
  type ChmodOperation,
  type ChownOperation,
  contentsBytes,
  downloadName,
  type FileOperation,
  type MkdirOperation,
  notLocked,
  type RemoveOperation,
  type SymlinkOperation,
  type WriteOperation,
} from "../plan/operation.js";
import { applyCopy, programsOf } from "./apply-copy.js";
import { checkExecutable } from "./check-program.js";
import { exactDestination, fileDestination, isFolder, notFolder } from "./destination.js";
import { type DraftTree, type LayerState, ownerOf } from "./draft-tree.js";
import { type Ids, isNumeric, loadAccounts } from "./owners.js";
import { existingPath, resolvePath } from "./resolve.js";
import type { FileNode, FolderNode, TreeNode } from "./tree.js";

/** Fetches a file and verifies it; its content and size. */
export type Fetch = (url: string, sha256: string) => Promise<Fetched>;

/** Carries out one file operation on a draft; errors name the user's line. */
export function applyOperation(state: LayerState, operation: FileOperation, fetch: Fetch): Promise<void> {
  return withOrigin(operation.origin, async () => {
    const { draft } = state;
    if ("owner" in operation && operation.owner !== undefined && !isNumeric(operation.owner))
      await loadAccounts(draft.tree);
    if (operation.op === "add") {
      applyAdd(state, operation, await fetched(state, operation, fetch));
      return;
    }
    if (operation.op === "copy") {
      for (const { file, placing } of programsOf(state, operation))
        await checkExecutable(state, file, placing);
    }
    applyPrepared(state, operation);
  });
}

/** Carries out a file operation for which nothing is left to wait for: accounts are loaded, programs are checked. */
export function applyPrepared(state: LayerState, operation: Exclude<FileOperation, AddOperation>): void {
  switch (operation.op) {
    case "copy":
      applyCopy(state, operation);
      break;
    case "write":
      applyWrite(state, operation);
      break;
    case "mkdir":
      applyMkdir(state, operation);
      break;
    case "symlink":
      applySymlink(state, operation);
      break;
    case "remove":
      applyRemove(state, operation);
      break;
    case "chmod":
      applyChmod(state, operation);
      break;
    case "chown":
      applyChown(state, operation);
      break;
    default:
      assertNever(operation);
  }
}

function fetched(state: LayerState, operation: AddOperation, fetch: Fetch): Promise<Fetched> {
  const { url, sha256 } = operation;
  if (sha256 === undefined) throw notLocked(operation);
  placeAdd(state, operation);
  return fetch(url, sha256);
}

/** A file that was fetched and verified. */
type Fetched = Pick<FileNode, "content" | "size">;

/** Writes a file of the description. */
function applyWrite(state: LayerState, operation: WriteOperation): void {
  const { path, contents, owner, origin } = operation;
  const ids = ownerOf(state, owner, origin);
  const place = exactDestination(state.draft.tree, path, { source: "the written file", origin });
  const mode = modeAfter(operation.mode, 0o644, false);
  const bytes = contentsBytes(contents);
  const content = { kind: "bytes", bytes } as const;
  state.draft.set(place, { type: "file", mode, ...ids, mtime: 0, size: bytes.length, content });
}

/** Puts a downloaded file into the image; 0600 without a mode, as ADD gives it. */
export function applyAdd(state: LayerState, operation: AddOperation, fetched: Fetched): void {
  const { mode } = operation;
  const { place, ids } = placeAdd(state, operation);
  const bits = mode === undefined ? 0o600 : modeAfter(mode, 0o600, false);
  state.draft.set(place, { type: "file", mode: bits, ...ids, mtime: 0, ...fetched });
}

/** The place and the owner of a downloaded file; what cannot be placed is refused before anything is fetched. */
function placeAdd(
  state: LayerState,
  { url, dest, into, owner, origin }: AddOperation,
): { readonly place: string; readonly ids: Ids } {
  const ids = ownerOf(state, owner, origin);
  const placing = { source: "the download", origin };
  return { place: fileDestination(state.draft.tree, dest, into, downloadName(url), placing), ids };
}

/** Makes a directory; one that exists gets mode and owner, unless `ifMissing`. */
function applyMkdir(state: LayerState, operation: MkdirOperation): void {
  const { path, mode, owner, ifMissing, origin } = operation;
  const { draft } = state;
  const placing = { source: "the folder", origin };
  const found = resolvePath(draft.tree, path);
  if (found.blockedBy !== undefined) throw notFolder(`/${found.blockedBy}`, draft.tree, placing);
  if (found.node !== undefined && found.node.type !== "folder")
    throw notFolder(`/${found.path}`, draft.tree, placing);
  if (found.node !== undefined && ifMissing === true) return;
  const ids = ownerOf(state, owner, origin);
  const folder = draft.writable(found.path);
  folder.mode = modeAfter(mode, 0o755, true);
  folder.uid = ids.uid;
  folder.gid = ids.gid;
}

/** Makes a link in place of a file or link; a directory is in the way. */
function applySymlink(state: LayerState, operation: SymlinkOperation): void {
  const { path, target, owner, origin } = operation;
  const { draft } = state;
  const placing = { source: `a link to ${target}`, origin };
  const found = resolvePath(draft.tree, path, { followLast: false });
  if (found.blockedBy !== undefined) throw notFolder(`/${found.blockedBy}`, draft.tree, placing);
  if (found.path === "" || found.node?.type === "folder") throw isFolder(path, placing);
  const ids = ownerOf(state, owner, origin);
  draft.set(found.path, { type: "symlink", mode: 0o777, ...ids, mtime: 0, target });
}

/** Removes a file, a link itself, or a directory with all in it. */
function applyRemove(state: LayerState, operation: RemoveOperation): void {
  const found = resolvePath(state.draft.tree, operation.path, { followLast: false });
  if (found.path === "") {
    throw new PlanError("DEST_IS_ROOT", { step: "remove" }, { subject: "/", origin: operation.origin });
  }
  if (found.node !== undefined) state.draft.remove(found.path);
}

/** The attributes that change, or undefined to leave a node as it is. */
type Change = (node: TreeNode) => Partial<Pick<TreeNode, "mode" | "uid" | "gid" | "xattrs">> | undefined;

/** Changes permission bits. A link is followed, but not the links inside a directory. */
function applyChmod(state: LayerState, operation: ChmodOperation): void {
  const { path, mode, recursive, origin } = operation;
  const found = existingPath(state.draft.tree, path, "chmod", origin);
  changeNodes(state.draft, found.path, found.node, recursive === true, (node) => {
    if (node.type === "symlink") return undefined;
    const bits = modeAfter(mode, node.mode, node.type === "folder");
    return bits === node.mode ? undefined : { mode: bits };
  });
}

/** Changes the owner, with what chown(2) takes away from files then: setuid, setgid of programs, capabilities. */
function applyChown(state: LayerState, operation: ChownOperation): void {
  const { path, owner, recursive, origin } = operation;
  const ids = ownerOf(state, owner, origin);
  // `chown -R` of a link is about the link, `chown` of one is about what it leads to.
  const found = existingPath(state.draft.tree, path, "chown", origin, recursive !== true);
  changeNodes(state.draft, found.path, found.node, recursive === true, (node) => chowned(node, ids));
}

function chowned(node: TreeNode, { uid, gid }: Ids): ReturnType<Change> {
  if (node.type === "folder" || node.type === "symlink") {
    return node.uid === uid && node.gid === gid ? undefined : { uid, gid };
  }
  const setgid = (node.mode & 0o010) !== 0 ? 0o2000 : 0;
  const mode = node.mode & ~(0o4000 | setgid);
  const { "security.capability": capability, ...xattrs } = node.xattrs ?? {};
  if (node.uid === uid && node.gid === gid && mode === node.mode && capability === undefined)
    return undefined;
  return { uid, gid, mode, xattrs: Object.keys(xattrs).length === 0 ? undefined : xattrs };
}

function changeNodes(
  draft: DraftTree,
  path: string,
  node: TreeNode,
  recursive: boolean,
  change: Change,
): void {
  const changed = change(node);
  if (node.type !== "folder") {
    if (changed !== undefined) draft.set(path, { ...node, ...changed });
    return;
  }
  if (changed !== undefined) Object.assign(draft.writable(path), changed);
  if (!recursive) return;
  const children: FolderNode["children"] = new Map(node.children);
  const prefix = path === "" ? "" : `${path}/`;
  // Two names of one file stay two names of one file.
  const links = new Map<TreeNode, TreeNode>();
  for (const [name, child] of children) changeChild(draft, prefix + name, child, change, links);
}

function changeChild(
  draft: DraftTree,
  path: string,
  node: TreeNode,
  change: Change,
  links: Map<TreeNode, TreeNode>,
): void {
  const known = links.get(node);
  if (known !== undefined) {
    draft.hasLinks = true;
    draft.set(path, known);
    return;
  }
  const changed = change(node);
  if (node.type === "folder") {
    if (changed !== undefined) Object.assign(draft.writable(path), changed);
    for (const [name, child] of [...node.children])
      changeChild(draft, `${path}/${name}`, child, change, links);
  } else if (changed !== undefined) {
    const copy = { ...node, ...changed } as TreeNode;
    links.set(node, copy);
    draft.set(path, copy);
  }
}
