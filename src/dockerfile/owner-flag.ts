import { PlanError } from "../errors/layerwright-error.js";
import type { Origin } from "../errors/origin.js";
import type { Owner } from "../image/owner.js";
import type { StageDraft } from "./stage-draft.js";

/** What `--chown` says, and whether it names somebody that the builder has to look up in the stage. */
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
