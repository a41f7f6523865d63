import { baseName, parentPath } from "../core/posix-path.js";
import { isFolder } from "./known-tree.js";
import { linkFlag } from "./link-flag.js";
import { octalText } from "./mode-flag.js";
import type { StageDraft } from "./stage-draft.js";

/** What a folder is to get. */
export interface FolderLook {
  readonly mode: number;
  /** `--chown` text; root's without. */
  readonly owner?: string | undefined;
}

/**
 * Makes a folder with exactly this mode and owner, in a stage where its parent may be new: parents first, each as
 * root's 0755. One that exists is changed.
 */
export function layFolder(draft: StageDraft, path: string, look: FolderLook): void {
  if (path === "/") return;
  const parent = parentPath(path);
  if (!isFolder(draft.tree.at(parent))) layFolder(draft, parent, { mode: 0o755 });
  copyFolder(draft, path, look);
  const [uid = 0, gid = 0] = (look.owner ?? "0:0").split(":").map(Number);
  draft.tree.setNewFolder(path, { kind: "folder", mode: look.mode, uid, gid });
}

/** The one COPY for a folder below a parent that is there, or that may be made as root's 0755. */
export function copyFolder(draft: StageDraft, path: string, look: FolderLook): void {
  const source = draft.emission.folders.holding(baseName(path));
  const parent = parentPath(path);
  const flags = {
    ...(look.mode === 0o755 ? {} : { chmod: octalText(look.mode) }),
    ...(look.owner === undefined || look.owner === "0:0" ? {} : { chown: look.owner }),
  };
  const from = source.from === undefined ? {} : { from: source.from };
  draft.add({
    kind: "copy",
    flags: { ...from, ...flags, ...linkFlag(draft, parent, flags) },
    sources: [`${source.path}/`],
    dest: parent === "/" ? "/" : `${parent}/`,
  });
}

/** Makes a folder as root's 0755 only where it is missing. */
export function copyFolderEntry(draft: StageDraft, path: string): void {
  const source = draft.emission.folders.holding(baseName(path));
  const from = source.from === undefined ? {} : { from: source.from };
  draft.add({
    kind: "copy",
    flags: { ...from, ...linkFlag(draft, path, {}) },
    sources: [`${source.path}/${baseName(path)}/`],
    dest: `${path}/`,
  });
  draft.tree.addParents(path);
  if (draft.tree.at(path).kind === "absent") draft.tree.setNewFolder(path);
}
