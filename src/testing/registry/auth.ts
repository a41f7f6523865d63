import { json, refuse } from "./answers.js";
import type { Route } from "./router.js";

/** The accounts of a registry. */
export interface RegistryAuth {
  /** `basic` takes name and password with each request; `bearer` takes tokens, which it gives out under `/token`. */
  readonly kind: "basic" | "bearer";
  /** Passwords by name. Each user may do everything. */
  readonly users: Readonly<Record<string, string>>;
  /** True when pulling needs no account. @default false */
  readonly anonymousPull?: boolean;
  /** Seconds that a token is good for. @default 300 */
  readonly tokenSeconds?: number;
}

const SERVICE = "memory-registry";

/** Lets requests through, or answers what their sender has to show first. */
export class Guard {
  readonly #auth: RegistryAuth;
  readonly #accounts: Accounts;
  readonly #tokens: Tokens;

  constructor(auth: RegistryAuth, now: () => number) {
    this.#auth = auth;
    this.#accounts = new Accounts(auth.users);
    this.#tokens = new Tokens(now, auth.tokenSeconds ?? 300);
  }

  /** The answer to a request for a token; undefined for any other. */
  token(request: Request): Promise<Response> | undefined {
    if (this.#auth.kind !== "bearer" || new URL(request.url).pathname !== "/token") return undefined;
    const anonymousPull = this.#auth.anonymousPull ?? false;
    return answerToken({ accounts: this.#accounts, tokens: this.#tokens, anonymousPull }, request);
  }

  /** The refusal of a request that may not pass. */
  refusal(route: Route, request: Request): Response | undefined {
    return this.#auth.kind === "basic"
      ? this.#checkPassword(route, request)
      : this.#checkToken(route, request);
  }

  #checkPassword(route: Route, request: Request): Response | undefined {
    const header = request.headers.get("authorization");
    if (this.#accounts.basic(header) !== undefined) return undefined;
    const needed = neededAccess(route, request);
    const free = this.#auth.anonymousPull === true && needed.length > 0 && needed.every(isPull);
    return free && header === null ? undefined : challenge(`Basic realm="${SERVICE}"`);
  }

  #checkToken(route: Route, request: Request): Response | undefined {
    const header = request.headers.get("authorization");
    const needed = neededAccess(route, request);
    const granted = this.#tokens.access(header);
    if (granted !== undefined && covers(granted, needed)) return undefined;
    const fields = {
      realm: new URL("/token", request.url).href,
      service: SERVICE,
      ...(needed.length === 0 ? {} : { scope: needed.map(scopeText).join(" ") }),
      ...(granted !== undefined ? { error: "insufficient_scope" } : {}),
      ...(granted === undefined && header !== null ? { error: "invalid_token" } : {}),
    };
    return challenge(
      `Bearer ${Object.entries(fields)
        .map(([name, value]) => `${name}="${value}"`)
        .join(",")}`,
    );
  }
}

function challenge(text: string): Response {
  return refuse(401, "UNAUTHORIZED", "authentication required", { headers: { "www-authenticate": text } });
}

/** A permission, as in the scopes of tokens: `repository:acme/app:pull,push`. */
export interface Access {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
}

/** Returns the permissions that a request needs. An empty list is what everybody with an account has. */
function neededAccess(route: Route, request: Request): readonly Access[] {
  if (route.kind === "base") return [];
  if (route.kind === "catalog") return [{ type: "registry", name: "catalog", actions: ["*"] }];
  const needed = [repository(route.name, actionsOf(request.method))];
  if (route.kind !== "uploads") return needed;
  const query = new URL(request.url).searchParams;
  const from = query.get("from");
  // Who mounts a blob reads it where it is.
  return query.has("mount") && from !== null ? [...needed, repository(from, ["pull"])] : needed;
}

function repository(name: string, actions: readonly string[]): Access {
  return { type: "repository", name, actions };
}

function actionsOf(method: string): readonly string[] {
  if (method === "GET" || method === "HEAD") return ["pull"];
  return method === "DELETE" ? ["delete"] : ["pull", "push"];
}

function scopeText({ type, name, actions }: Access): string {
  return `${type}:${name}:${actions.join(",")}`;
}

/** The scopes of a text with spaces between them. What is no scope is left out. */
function parseScopes(text: string): Access[] {
  return text.split(" ").flatMap((scope) => {
    const [, type, name, actions] = /^([^:]+):(.+):([^:]+)$/.exec(scope) ?? [];
    return type === undefined ? [] : [{ type, name: name!, actions: actions!.split(",") }];
  });
}

/** True when all that is needed was granted. */
function covers(granted: readonly Access[], needed: readonly Access[]): boolean {
  return needed.every(({ type, name, actions }) =>
    actions.every((action) =>
      granted.some((one) => one.type === type && one.name === name && one.actions.includes(action)),
    ),
  );
}

/** True when somebody without an account could do it where pulling is free. */
function isPull({ type, actions }: Access): boolean {
  return type === "repository" && actions.every((action) => action === "pull");
}

/** Names and passwords. */
class Accounts {
  readonly #passwords: ReadonlyMap<string, string>;

  constructor(users: Readonly<Record<string, string>>) {
    this.#passwords = new Map(Object.entries(users));
  }

  /** The name, if the password is its. */
  check(name: string, password: string): string | undefined {
    return this.#passwords.has(name) && this.#passwords.get(name) === password ? name : undefined;
  }

  /** Returns the account that an `Authorization: Basic` header speaks for. */
  basic(header: string | null): string | undefined {
    const encoded = /^Basic +(\S+)$/i.exec(header ?? "")?.[1];
    if (encoded === undefined) return undefined;
    const text = Buffer.from(encoded, "base64").toString();
    const colon = text.indexOf(":");
    return colon === -1 ? undefined : this.check(text.slice(0, colon), text.slice(colon + 1));
  }
}

interface TokenParts {
  readonly accounts: Accounts;
  readonly tokens: Tokens;
  readonly anonymousPull: boolean;
}

/** Gives out tokens: to GET with a name and password or none, and to the POST of OAuth2. */
async function answerToken(parts: TokenParts, request: Request): Promise<Response> {
  if (request.method === "GET") return byAddress(parts, request);
  if (request.method === "POST") return byForm(parts, new URLSearchParams(await request.text()));
  return refuse(405, "UNSUPPORTED", "tokens are asked for by GET or POST", {
    headers: { allow: "GET, POST" },
  });
}

function byAddress({ accounts, tokens, anonymousPull }: TokenParts, request: Request): Response {
  const header = request.headers.get("authorization");
  const user = accounts.basic(header);
  if (user === undefined && (header !== null || !anonymousPull)) return wrongAccount();
  const query = new URL(request.url).searchParams;
  const asked = parseScopes(query.getAll("scope").join(" "));
  const granted = tokens.grant(user === undefined ? pullsOf(asked) : asked);
  const offline = user !== undefined && query.get("offline_token") === "true";
  const refresh = offline ? { refresh_token: tokens.grantRefresh(user) } : {};
  return json({ token: granted.access_token, ...granted, ...refresh });
}

function byForm({ accounts, tokens }: TokenParts, form: URLSearchParams): Response {
  const field = (name: string) => form.get(name) ?? "";
  const grant = field("grant_type");
  if (grant !== "password" && grant !== "refresh_token") {
    return refuse(400, "UNSUPPORTED", "grant_type is neither password nor refresh_token");
  }
  const user =
    grant === "password"
      ? accounts.check(field("username"), field("password"))
      : tokens.refreshUser(field("refresh_token"));
  if (user === undefined) return wrongAccount();
  const asked = parseScopes(field("scope"));
  const offline = grant === "password" && field("access_type") === "offline";
  return json({
    ...tokens.grant(asked),
    scope: asked.map(scopeText).join(" "),
    ...(grant === "refresh_token" ? { refresh_token: field("refresh_token") } : {}),
    ...(offline ? { refresh_token: tokens.grantRefresh(user) } : {}),
  });
}

function wrongAccount(): Response {
  return refuse(401, "UNAUTHORIZED", "incorrect username or password");
}

/** Somebody without an account is given less than was asked for, not nothing. */
function pullsOf(asked: readonly Access[]): Access[] {
  return asked
    .map((access) => ({ ...access, actions: access.actions.filter((action) => action === "pull") }))
    .filter((access) => access.actions.length > 0 && isPull(access));
}

interface Granted {
  readonly access: readonly Access[];
  /** Milliseconds, by the registry's clock. */
  readonly until: number;
}

/** The tokens that were given out. They mean nothing to their holders. */
class Tokens {
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

  /** Returns the permissions of an `Authorization: Bearer` header; undefined where its token is unknown or too old. */
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
