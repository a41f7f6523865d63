import { parentPath } from "../core/posix-path.js";
import type { ChangeOperation } from "./change-command.js";
import { copyFolder } from "./emit-folder.js";
import type { FileFact, FolderFact } from "./known-tree.js";
import { noteEffects } from "./layer-effects.js";
import { modeAfter, octalText } from "./mode-flag.js";
import { ownerFlag } from "./owner-flag.js";
import { literalPattern } from "./quoting.js";
import type { StageDraft } from "./stage-draft.js";

type Look = Pick<FolderFact, "mode" | "uid" | "gid">;

/**
 * Writes a change of one file or directory of an image without tools: it is copied over itself with the mode and owner
 * that it is to have. False where that could be another image: below a directory nobody knows what is so already and
 * makes no part of the layer, COPY keeps capabilities that chown(2) takes away, and nothing can be removed.
 */
export function changeByCopy(draft: StageDraft, operation: ChangeOperation): boolean {
  if (operation.op === "remove" || operation.recursive === true) return false;
  const path = draft.tree.real(operation.path, true);
  const fact = draft.tree.at(path);
  if (path === "/" || (fact.kind !== "folder" && fact.kind !== "file")) return false;
  const before = fact.kind === "folder" ? fact : fact.look;
  const after = before && lookAfter(draft, operation, before, fact.kind === "folder");
  if (before === undefined || after === undefined) return false;
  const isSame = before.mode === after.mode && before.uid === after.uid && before.gid === after.gid;
  if (!isSame && fact.kind === "folder") {
    copyFolder(draft, path, { mode: after.mode, owner: `${after.uid}:${after.gid}` });
  } else if (!isSame) copyFile(draft, path, before, after);
  noteEffects(draft, operation);
  if (fact.kind === "file") draft.tree.set(path, { kind: "file", look: after });
  return true;
}

/** The mode and owner after a change, as chmod(2) and chown(2) leave them; undefined where that cannot be copied. */
function lookAfter(
  draft: StageDraft,
  operation: Exclude<ChangeOperation, { op: "remove" }>,
  before: Look | NonNullable<FileFact["look"]>,
  isFolder: boolean,
): Look | undefined {
  const { mode, uid, gid } = before;
  if (operation.op === "chmod") return { mode: modeAfter(operation.mode, mode, isFolder), uid, gid };
  const owner = ownerFlag(draft, operation.owner, operation.origin);
  if (owner.byName || "capable" in before) return undefined;
  const [user = 0, group = 0] = owner.text.split(":").map(Number);
  const setgid = (mode & 0o010) === 0 ? 0 : 0o2000;
  return { mode: isFolder ? mode : mode & ~(0o4000 | setgid), uid: user, gid: group };
}

/** Copies a file over itself out of the stage so far. */
function copyFile(draft: StageDraft, path: string, before: Look, after: Look): void {
  const stage = draft.withAccounts(parentPath(path));
  stage.finish();
  const isOthers = before.uid !== after.uid || before.gid !== after.gid;
  draft.add({
    kind: "copy",
    flags: {
      from: stage.name,
      ...(before.mode === after.mode ? {} : { chmod: octalText(after.mode) }),
      ...(isOthers ? { chown: `${after.uid}:${after.gid}` } : {}),
    },
    sources: [literalPattern(path)],
    dest: path,
  });
}
