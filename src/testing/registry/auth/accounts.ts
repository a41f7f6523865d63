/** Names and passwords. */
export class Accounts {
  readonly #passwords: ReadonlyMap<string, string>;

  constructor(users: Readonly<Record<string, string>>) {
    this.#passwords = new Map(Object.entries(users));
  }

  /** The name, if the password is its. */
  check(name: string, password: string): string | undefined {
    return this.#passwords.has(name) && this.#passwords.get(name) === password ? name : undefined;
  }

  /** Who an `Authorization: Basic` header speaks for. */
  basic(header: string | null): string | undefined {
    const encoded = /^Basic +(\S+)$/i.exec(header ?? "")?.[1];
    if (encoded === undefined) return undefined;
    const text = Buffer.from(encoded, "base64").toString();
    const colon = text.indexOf(":");
    return colon === -1 ? undefined : this.check(text.slice(0, colon), text.slice(colon + 1));
  }
}
