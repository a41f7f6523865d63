import { parentPath } from "../core/posix-path.js";
import type { AddOperation, CopyOperation } from "../plan/operation.js";
import { keepsName } from "../plan/operation.js";
import type { CopyFlags } from "./instruction.js";
import { sparesNewFolders } from "./mode-flag.js";
import type { StageDraft } from "./stage-draft.js";

/**
 * `--link` where it gives the same image: the layer is then made without a look at what is below, so all folders on
 * the way are written as 0755 of root and links among them would be cut off. Only where they are known to be just
 * that, or not there, nothing changes.
 */
export function linkFlag(draft: StageDraft, folder: string, flags: CopyFlags): CopyFlags {
  if (!draft.emission.dialect.link || draft.isPrep) return {};
  if (folder !== "/" && (flags.chown !== undefined || !sparesNewFolders(flags.chmod))) return {};
  // Names are looked up in the stage below, which a linked layer does not see.
  if (flags.chown !== undefined && !/^\d+:\d+$/.test(flags.chown)) return {};
  for (let path = folder; path !== "/"; path = parentPath(path)) {
    const fact = draft.tree.at(path);
    if (fact.kind === "absent") continue;
    // The same file may be there already: without the flag the builder compares, and such a layer is empty.
    if (fact.kind === "folder" && fact.copied) return {};
    if (fact.kind !== "folder" || fact.mode !== 0o755 || fact.uid !== 0 || fact.gid !== 0) return {};
  }
  return { link: true };
}

/**
 * True when a file without a slash behind its destination may go into a directory there: nobody knows, so that the builder
 * has to look. A file under its own name is laid over what a base has there, as the direct build does it where it does
 * not look into the base.
 */
export function mayEnter(draft: StageDraft, operation: CopyOperation | AddOperation): boolean {
  const { dest, into } = operation;
  if (into || draft.tree.at(draft.tree.real(dest, true)).kind !== "unknown") return false;
  return draft.commandSeen || !keepsName(operation);
}
