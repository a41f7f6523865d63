import { parentPath } from "../core/posix-path.js";
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
    if (fact.kind !== "folder" || fact.mode !== 0o755 || fact.uid !== 0 || fact.gid !== 0) return {};
  }
  return { link: true };
}
