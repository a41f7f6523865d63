import { PlanError } from "../../errors/layerwright-error.js";
import type { Origin } from "../../errors/origin.js";
import type { FolderNode } from "../../layer/tree-node.js";
import { accountFields } from "../owners.js";

/** Who a process runs as. */
export interface ProcessUser {
  readonly uid: number;
  readonly gid: number;
  /** The supplementary groups: the user's own, as BuildKit sets it too, then those that `/etc/group` names the user in. */
  readonly groups: readonly number[];
  /** The user's folder by `/etc/passwd`; `/` where it says none. */
  readonly home: string;
}

const NUMBER = /^\d+$/;
/** The largest id of Linux; the one above it means "as it is". */
const MOST = 2 ** 32 - 2;

/**
 * The user of a config's text (`name`, `1000`, `name:group`), as the image's own account files know it. A number that
 * they do not know has the group 0 (OCI image-spec config.md).
 *
 * @throws {PlanError} OWNER_UNKNOWN, ACCOUNT_INVALID for an id that no process can have
 */
export async function processUser(tree: FolderNode, text: string, origin?: Origin): Promise<ProcessUser> {
  const [user = "", group] = text === "" ? ["0"] : text.split(":");
  const passwd = await accountFields(tree, "etc/passwd");
  const groups = await accountFields(tree, "etc/group");
  const unknown = (kind: "user" | "group", name: string, file: string, lines: readonly string[][]) =>
    new PlanError(
      "OWNER_UNKNOWN",
      { name, kind, file, known: lines.map(([known = ""]) => known).filter((known) => known !== "") },
      { subject: name, origin },
    );
  const idOf = (kind: "user" | "group", id: string, of: string, file: string): number => {
    if (NUMBER.test(id) && Number(id) <= MOST) return Number(id);
    throw new PlanError("ACCOUNT_INVALID", { kind, name: of, file, id, most: MOST }, { subject: of, origin });
  };
  const byName = passwd.find(([name]) => name === user);
  const account = byName ?? (NUMBER.test(user) ? passwd.find(([, , uid]) => uid === user) : undefined);
  if (account === undefined && !NUMBER.test(user)) throw unknown("user", user, "/etc/passwd", passwd);
  const [name = "", , uid = user, gid = "0", , home = ""] = account ?? [];
  const shown = name === "" ? user : name;
  const found = { uid: idOf("user", uid, shown, "/etc/passwd"), home: home === "" ? "/" : home };
  if (group !== undefined && group !== "") {
    const line = groups.find(([known]) => known === group);
    if (line === undefined && !NUMBER.test(group)) throw unknown("group", group, "/etc/group", groups);
    const own = idOf("group", line?.[2] ?? group, group, "/etc/group");
    return { ...found, gid: own, groups: [own] };
  }
  const further = groups.filter(([, , , members = ""]) => name !== "" && members.split(",").includes(name));
  const own = idOf("group", gid, shown, "/etc/passwd");
  const others = further.map(([group = "", , id = ""]) => idOf("group", id, group, "/etc/group"));
  return { ...found, gid: own, groups: [...new Set([own, ...others])] };
}
