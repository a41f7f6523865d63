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

const NUMBER = /^\d{1,10}$/;

/**
 * The user of a config's text (`name`, `1000`, `name:group`), as the image's own account files know it. A number that
 * they do not know has the group 0 (OCI image-spec config.md). Throws `OWNER_UNKNOWN`.
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
  const byName = passwd.find(([name]) => name === user);
  const account = byName ?? (NUMBER.test(user) ? passwd.find(([, , uid]) => uid === user) : undefined);
  if (account === undefined && !NUMBER.test(user)) throw unknown("user", user, "/etc/passwd", passwd);
  const [name = "", , uid = user, gid = "0", , home = ""] = account ?? [];
  const found = { uid: Number(uid), home: home === "" ? "/" : home };
  if (group !== undefined && group !== "") {
    const line = groups.find(([known]) => known === group);
    if (line === undefined && !NUMBER.test(group)) throw unknown("group", group, "/etc/group", groups);
    const own = Number(line?.[2] ?? group);
    return { ...found, gid: own, groups: [own] };
  }
  const further = groups.filter(([, , , members = ""]) => name !== "" && members.split(",").includes(name));
  const own = Number(gid);
  return { ...found, gid: own, groups: [...new Set([own, ...further.map(([, , id]) => Number(id))])] };
}
