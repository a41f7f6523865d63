import type { Owner } from "../../image/owner.js";
import type { Ids } from "../owners.js";

/** What stands for the owner of a file where only a build tells it. */
export const UNKNOWN_ID = -1;

const FIRST = -2;

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
    if (id >= 0) return `${id}`;
    return id === UNKNOWN_ID ? "?" : (this.#names[FIRST - id] ?? "?");
  }

  #idOf(part: number | string, name: string): number {
    if (typeof part === "number") return part;
    const at = this.#names.indexOf(name);
    return FIRST - (at < 0 ? this.#names.push(name) - 1 : at);
  }
}
