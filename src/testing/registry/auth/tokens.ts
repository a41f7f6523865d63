import type { Access } from "./access.js";

interface Granted {
  readonly access: readonly Access[];
  /** Milliseconds, by the registry's clock. */
  readonly until: number;
}

/** The tokens that were given out. They mean nothing to their holders. */
export class Tokens {
  readonly #granted = new Map<string, Granted>();
  readonly #refresh = new Map<string, string>();
  readonly #now: () => number;
  readonly #seconds: number;

  constructor(now: () => number, seconds: number) {
    this.#now = now;
    this.#seconds = seconds;
  }

  /** A new token, as the body of a token answer names it. */
  grant(access: readonly Access[]) {
    const token = crypto.randomUUID();
    const now = this.#now();
    this.#granted.set(token, { access, until: now + this.#seconds * 1000 });
    return { access_token: token, expires_in: this.#seconds, issued_at: new Date(now).toISOString() };
  }

  /** What an `Authorization: Bearer` header may do; undefined where its token is unknown or too old. */
  access(header: string | null): readonly Access[] | undefined {
    const granted = this.#granted.get(/^Bearer +(\S+)$/i.exec(header ?? "")?.[1] ?? "");
    return granted !== undefined && granted.until > this.#now() ? granted.access : undefined;
  }

  /** A token that stands for a user's name and password from now on. */
  grantRefresh(user: string): string {
    const token = crypto.randomUUID();
    this.#refresh.set(token, user);
    return token;
  }

  refreshUser(token: string): string | undefined {
    return this.#refresh.get(token);
  }
}
