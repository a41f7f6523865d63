import { parentPath } from "../core/posix-path.js";
import { PlanError } from "../errors/layerwright-error.js";
import type { Origin } from "../errors/origin.js";
import type { Owner } from "../image/owner.js";
import { type AddOperation, type CopyOperation, keepsName } from "../plan/operation.js";
import type { StageDraft } from "./draft.js";
import type { CopyFlags } from "./instruction.js";

/** Bits as `--chmod` takes them. */
export function octalText(bits: number): string {
  return bits.toString(8).padStart(4, "0");
}

/**
 * True when a `--chmod` leaves the directories that the copy makes as every builder makes them, 0755. BuildKit of
 * Docker 28 gives them the octal mode without the write bits of others, 26.1 and buildah do not (measured); symbolic
 * modes never reach them.
 */
export function sparesNewFolders(chmod: string | undefined): boolean {
  if (chmod === undefined || !/^[0-7]+$/.test(chmod)) return true;
  return (Number.parseInt(chmod, 8) & 0o777 & ~0o022) === 0o755;
}

/** The value of `--chown`; `byName` if the builder has to look a name up in the stage. */
export interface OwnerFlag {
  readonly text: string;
  readonly byName: boolean;
}

/** Names that `--chown` can carry: useradd's own grammar, and what other systems add to it. */
const NAME = /^[A-Za-z0-9_][A-Za-z0-9_.@-]*\$?$/;

/**
 * The owner as numbers where they are known, else by name. A number stands for the group too; a name brings its
 * primary group.
 *
 * @throws {PlanError} OWNER_UNKNOWN, NOT_EXPRESSIBLE
 */
export function ownerFlag(draft: StageDraft, owner: Owner, origin: Origin | undefined): OwnerFlag {
  const { accounts } = draft.real;
  const { user, group } = owner;
  if (typeof user === "number" && typeof group !== "string") return numeric(user, group ?? user);
  const missing = (kind: "user" | "group", name: string): never => {
    const file = kind === "user" ? "/etc/passwd" : "/etc/group";
    const known = accounts.names(kind);
    throw new PlanError("OWNER_UNKNOWN", { name, kind, file, known }, { subject: name, origin });
  };
  const ids = typeof user === "number" ? { uid: user, gid: user } : accounts.user(user);
  if (ids === "absent") return missing("user", String(user));
  const gid =
    group === undefined
      ? ids === "unknown"
        ? "unknown"
        : ids.gid
      : typeof group === "number"
        ? group
        : accounts.group(group);
  if (gid === "absent") return missing("group", String(group));
  if (ids !== "unknown" && gid !== "unknown") return numeric(ids.uid, gid);
  for (const name of [user, group]) {
    if (typeof name === "string" && !(NAME.test(name) && !name.endsWith("$"))) {
      throw new PlanError(
        "NOT_EXPRESSIBLE",
        { field: "owner", reason: `has characters that --chown reads as something else` },
        { subject: name, origin },
      );
    }
  }
  if (group === undefined) return { text: `${user}`, byName: true };
  const userText = ids === "unknown" ? user : ids.uid;
  return { text: `${userText}:${gid === "unknown" ? group : gid}`, byName: true };
}

function numeric(uid: number, gid: number): OwnerFlag {
  return { text: `${uid}:${gid}`, byName: false };
}

/**
 * `--link` where it gives the same image: the layer is then made without a look at what is below, so all directories on
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
 * True when a file without a slash behind its destination may go into a directory there: it is unknown, so the builder
 * has to look. A file under its own name is laid over what a base has there, as the direct build does it where it does
 * not look into the base.
 */
export function mayEnter(draft: StageDraft, operation: CopyOperation | AddOperation): boolean {
  const { dest, into } = operation;
  if (into || draft.tree.at(draft.tree.real(dest, true)).kind !== "unknown") return false;
  return draft.commandSeen || !keepsName(operation);
}

/** The directory that a side stage writes to, under a name that no base has. */
export const OUT = "/.layer";

/** A stage for the content of a path in which the flags can be given: from scratch, or with the image's accounts. */
export function sideStage(draft: StageDraft, path: string, owner: OwnerFlag | undefined): StageDraft {
  return owner?.byName ? draft.withAccounts(path) : draft.prep(path);
}

/** A directory as a destination: with a slash at the end. */
export function slashed(folder: string): string {
  return folder === "/" ? "/" : `${folder}/`;
}
