import { PlanError } from "../../errors/layerwright-error.js";
import { modeAfter } from "../../image/mode.js";
import { resolvePath } from "../../layer/resolve.js";
import type { FileNode } from "../../layer/tree-node.js";
import type {
  AddOperation,
  MkdirOperation,
  RemoveOperation,
  SymlinkOperation,
  WriteOperation,
} from "../../plan/operation.js";
import { contentsBytes, downloadName } from "../../plan/operation.js";
import type { Ids } from "../owners.js";
import { exactDestination, fileDestination, isFolder, notFolder } from "./destination.js";
import { type LayerState, ownerOf } from "./layer-state.js";

/** A file that was fetched and verified. */
export type Fetched = Pick<FileNode, "content" | "size">;

/** Writes a file of the description. */
export function applyWrite(state: LayerState, operation: WriteOperation): void {
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

/** Where a downloaded file goes and whose it is; what cannot be placed is refused before anything is fetched. */
export function placeAdd(
  state: LayerState,
  { url, dest, into, owner, origin }: AddOperation,
): { readonly place: string; readonly ids: Ids } {
  const ids = ownerOf(state, owner, origin);
  const placing = { source: "the download", origin };
  return { place: fileDestination(state.draft.tree, dest, into, downloadName(url), placing), ids };
}

/** Makes a folder; one that exists gets mode and owner, unless `ifMissing`. */
export function applyMkdir(state: LayerState, operation: MkdirOperation): void {
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

/** Makes a link in place of a file or link; a folder is in the way. */
export function applySymlink(state: LayerState, operation: SymlinkOperation): void {
  const { path, target, owner, origin } = operation;
  const { draft } = state;
  const placing = { source: `a link to ${target}`, origin };
  const found = resolvePath(draft.tree, path, { followLast: false });
  if (found.blockedBy !== undefined) throw notFolder(`/${found.blockedBy}`, draft.tree, placing);
  if (found.path === "" || found.node?.type === "folder") throw isFolder(path, placing);
  const ids = ownerOf(state, owner, origin);
  draft.set(found.path, { type: "symlink", mode: 0o777, ...ids, mtime: 0, target });
}

/** Removes a file, a link itself, or a folder with all in it. */
export function applyRemove(state: LayerState, operation: RemoveOperation): void {
  const found = resolvePath(state.draft.tree, operation.path, { followLast: false });
  if (found.path === "") {
    throw new PlanError("DEST_IS_ROOT", { step: "remove" }, { subject: "/", origin: operation.origin });
  }
  if (found.node !== undefined) state.draft.remove(found.path);
}
