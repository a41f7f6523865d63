import { sha256Hex } from "../../core/bytes.js";
import { PlanError } from "../../errors/layerwright-error.js";
import type { Origin } from "../../errors/origin.js";
import type { RuntimeConfig } from "../../oci/image-config.js";
import type { RunOperation } from "../../plan/operation.js";
import type { BlobStore } from "../../ports/blob-store.js";
import { contentIdentity } from "../../rootfs/layer-items.js";
import { accountFields, accountText, knowAccountText } from "../../rootfs/owners.js";
import { resolvePath } from "../../rootfs/resolve.js";
import type { FolderNode } from "../../rootfs/tree.js";

/** The search path that a container without one has. */
const PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/** The arguments of a command: a string is the last argument of the shell. */
export function commandArgs({ command, shell }: RunOperation): readonly string[] {
  return typeof command === "string" ? [...shell, command] : command;
}

/** The directory that a command starts in, absolute. */
export function commandFolder(run: RunOperation, config: RuntimeConfig): string {
  const folder = run.workdir ?? config.WorkingDir ?? "";
  return folder === "" ? "/" : folder;
}

/**
 * The environment as the image, then the step, say it; `PATH` and `HOME` are there in any case.
 *
 * @throws {PlanError} RUN_ENV_INVALID for what no process can have
 */
export function commandEnv(run: RunOperation, config: RuntimeConfig, user: ProcessUser): Map<string, string> {
  const env = new Map<string, string>();
  for (const pair of config.Env ?? []) {
    const at = pair.indexOf("=");
    env.set(at < 0 ? pair : pair.slice(0, at), at < 0 ? "" : pair.slice(at + 1));
  }
  for (const [name, value] of Object.entries(run.env)) env.set(name, value);
  for (const [name, value] of Object.entries(run.stepEnv ?? {})) env.set(name, value);
  if (!env.has("PATH")) env.set("PATH", PATH);
  if (!env.has("HOME")) env.set("HOME", user.home);
  for (const [name, value] of env) checkVariable(name, value, run);
  return env;
}

/** Refuses a variable that no process can have; its value is in no message. */
export function checkVariable(name: string, value: string, { origin }: RunOperation): void {
  const reason =
    name === "" ? "it has no name" : `${name}${value}`.includes("\0") ? "it holds a NUL" : undefined;
  if (reason !== undefined)
    throw new PlanError("RUN_ENV_INVALID", { name, reason }, { subject: name, origin });
}

/** A key for a command on a root file system of this key. Secrets are in it by their id alone. */
export function runKey(root: string, parts: Readonly<Record<string, unknown>>): string {
  return sha256Hex(`run-1\n${root}\n${JSON.stringify(parts)}`);
}

/** The user that a process runs as. */
export interface ProcessUser {
  readonly uid: number;
  readonly gid: number;
  /** The supplementary groups: the user's own, as BuildKit sets it too, then those that `/etc/group` names the user in. */
  readonly groups: readonly number[];
  /** The user's directory by `/etc/passwd`; `/` where it says none. */
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

const ACCOUNTS_KIND = "account-file-1";

/**
 * Makes the account files of a tree known without a look at its layers, where an earlier build has read them: a whole
 * compressed layer would be unpacked for two small files.
 */
export async function knowAccounts(tree: FolderNode, store: BlobStore): Promise<void> {
  for (const path of ["etc/passwd", "etc/group"]) {
    const { node } = resolvePath(tree, path);
    if (node?.type !== "file" || node.content.kind !== "layer") continue;
    const identity = contentIdentity(node.content);
    if (identity === undefined) continue;
    const known = await store.getRecord(ACCOUNTS_KIND, identity);
    if (typeof known === "string") knowAccountText(node, known);
    else {
      const text = await accountText(tree, path);
      if (text !== undefined) await store.putRecord(ACCOUNTS_KIND, identity, text);
    }
  }
}
