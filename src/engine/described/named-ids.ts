import type { Owner } from "../../image/owner.js";
import type { Ids } from "../owners.js";

/** Stand-ins for the numbers of users and groups that only the accounts of an unknown base tell: below zero, one a name. */
export class NamedIds {
  readonly #names: string[] = [];

  /** Ids for an owner, numbers as they are. */
  idsOf({ user, group }: Owner): Ids {
    const uid = this.#idOf(user, `${user}`);
    if (group !== undefined) return { uid, gid: this.#idOf(group, `${group}`) };
    return { uid, gid: typeof user === "number" ? user : this.#idOf(user, `the group of ${user}`) };
  }

  /** An id as messages say it: its number, or the name that it stands for. */
  textOf(id: number): string {
    return id >= 0 ? `${id}` : this.#names[-1 - id]!;
  }

  #idOf(part: number | string, name: string): number {
    if (typeof part === "number") return part;
    const at = this.#names.indexOf(name);
    return -1 - (at < 0 ? this.#names.push(name) - 1 : at);
  }
}
