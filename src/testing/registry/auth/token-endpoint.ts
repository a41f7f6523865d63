import { json, refuse } from "../answers.js";
import { type Access, isPull, parseScopes, scopeText } from "./access.js";
import type { Accounts } from "./accounts.js";
import type { Tokens } from "./tokens.js";

interface TokenParts {
  readonly accounts: Accounts;
  readonly tokens: Tokens;
  readonly anonymousPull: boolean;
}

/** Gives out tokens: to GET with a name and password or none, and to the POST of OAuth2. */
export async function answerToken(parts: TokenParts, request: Request): Promise<Response> {
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
