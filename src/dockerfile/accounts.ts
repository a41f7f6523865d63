import type { BaseFacts } from "../plan/plan.js";

interface Ids {
  readonly uid: number;
  readonly gid: number;
}

/**
 * The users and groups that are known while a Dockerfile is written: the base's as far as the plan names them, and
 * those of an `/etc/passwd` that the description itself writes. After a command nothing is sure.
 */
export class Accounts {
  #users: ReadonlyMap<string, Ids> | undefined;
  #groups: ReadonlyMap<string, number> | undefined;

  constructor(users: ReadonlyMap<string, Ids> | undefined, groups: ReadonlyMap<string, number> | undefined) {
    this.#users = users;
    this.#groups = groups;
  }

  static ofBase(known: BaseFacts | undefined): Accounts {
    if (known === undefined || known.configOnly === true) return new Accounts(undefined, undefined);
    return new Accounts(new Map(Object.entries(known.users)), new Map(Object.entries(known.groups)));
  }

  static none(): Accounts {
    return new Accounts(new Map(), new Map());
  }

  clone(): Accounts {
    return new Accounts(this.#users, this.#groups);
  }

  user(name: string): Ids | "absent" | "unknown" {
    return this.#users === undefined ? "unknown" : (this.#users.get(name) ?? "absent");
  }

  group(name: string): number | "absent" | "unknown" {
    return this.#groups === undefined ? "unknown" : (this.#groups.get(name) ?? "absent");
  }

  /** The names that are known of users or groups. */
  names(kind: "user" | "group"): readonly string[] {
    return [...((kind === "user" ? this.#users : this.#groups)?.keys() ?? [])];
  }

  forget(): void {
    this.#users = undefined;
    this.#groups = undefined;
  }

  /** Notes that a file was written; `text` undefined where the description does not hold it. */
  wrote(path: string, text: string | undefined): void {
    if (path === "/etc/passwd") this.#users = text === undefined ? undefined : readUsers(text);
    if (path === "/etc/group") this.#groups = text === undefined ? undefined : readGroups(text);
  }
}

function readUsers(text: string): ReadonlyMap<string, Ids> {
  const users = new Map<string, Ids>();
  for (const [name = "", , uid = "", gid = ""] of fieldsOf(text)) {
    if (/^\d+$/.test(uid) && /^\d+$/.test(gid) && !users.has(name)) {
      users.set(name, { uid: Number(uid), gid: Number(gid) });
    }
  }
  return users;
}

function readGroups(text: string): ReadonlyMap<string, number> {
  const groups = new Map<string, number>();
  for (const [name = "", , gid = ""] of fieldsOf(text)) {
    if (/^\d+$/.test(gid) && !groups.has(name)) groups.set(name, Number(gid));
  }
  return groups;
}

function fieldsOf(text: string): string[][] {
  return text.split("\n").map((line) => line.trim().split(":"));
}
