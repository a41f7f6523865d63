import { refuse } from "../answers.js";
import type { Route } from "../route.js";
import { covers, isPull, neededAccess, scopeText } from "./access.js";
import { Accounts } from "./accounts.js";
import { answerToken } from "./token-endpoint.js";
import { Tokens } from "./tokens.js";

/** Who may use a registry. */
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
