import { RegistryError } from "../../../errors/layerwright-error.js";
import type { Credential } from "../../../ports/credential-source.js";
import { connectionReason, refusalWords } from "../failure.js";
import { type Answer, BodyTooLong } from "../http/answer.js";
import { sameOrigin } from "../http/origin.js";
import type { HttpRequest } from "../http/request.js";

/** A token, and for how long it is good. */
export interface AccessToken {
  readonly value: string;
  /** By the monotonic clock, in milliseconds: a wrong wall clock does no harm. */
  readonly until: number;
}

/** What a token is asked with. */
export interface TokenRequest {
  readonly registry: string;
  readonly server: URL;
  readonly service: string | undefined;
  readonly scopes: readonly string[];
  readonly credential: Credential | undefined;
  readonly send: (request: HttpRequest) => Promise<Answer>;
}

/** Bytes of an answer at most. */
const MOST_BYTES = 1 << 20;
/** Seconds, where the server does not say (distribution's token specification). */
const DEFAULT_LIFE = 60;
const MOST_LIFE = 3600;
const MOST_REDIRECTS = 3;

/**
 * Gets a token for some scopes: by GET, or, with an identity token, by the OAuth 2 POST of a refresh token
 * (distribution's docs/spec/auth/token.md and oauth.md).
 *
 * @throws {RegistryError} TOKEN_FAILED
 */
export async function fetchToken(request: TokenRequest): Promise<AccessToken> {
  const { registry, server } = request;
  const fail = (reason: string): never => {
    throw new RegistryError("TOKEN_FAILED", { registry, server: server.host, reason }, { subject: registry });
  };
  const asked = performance.now();
  const answer = await ask(request, fail);
  if (answer.status !== 200) {
    const { status } = answer;
    const words = await refusalWords(answer, secretsOf(request.credential));
    const refused =
      status === 401 || status === 403 ? `it refuses the login (${status})` : `it answers ${status}`;
    return fail(words === "" ? refused : `${refused}, ${words}`);
  }
  let body: unknown;
  try {
    body = JSON.parse((await answer.read(MOST_BYTES)).toString("utf8"));
  } catch (error) {
    if (error instanceof BodyTooLong) return fail("its answer is too long");
    return fail(connectionReason(error) ?? "its answer cannot be read");
  }
  const { token, access_token, expires_in } = (body ?? {}) as Record<string, unknown>;
  const value = [token, access_token].find((it) => typeof it === "string" && it !== "");
  // A token is put into a header, where a line break would begin another one.
  if (typeof value !== "string" || !/^[\x21-\x7e]+$/.test(value)) return fail("its answer holds no token");
  return { value, until: asked + lifeOf(expires_in) * 1000 };
}

/** Seconds that a token is used for: a little less than it is good for. */
function lifeOf(expiresIn: unknown): number {
  const stated = typeof expiresIn === "string" ? Number(expiresIn) : expiresIn;
  const life = typeof stated === "number" && Number.isFinite(stated) && stated > 0 ? stated : DEFAULT_LIFE;
  return Math.min(life, MOST_LIFE) * 0.9;
}

async function ask(request: TokenRequest, fail: (reason: string) => never): Promise<Answer> {
  let { server } = request;
  for (let hop = 0; ; hop++) {
    let answer: Answer;
    try {
      answer = await request.send(requestFor(request, server));
    } catch (error) {
      const reason = connectionReason(error);
      if (reason === undefined) throw error;
      return fail(reason);
    }
    const { location } = answer.headers;
    if (answer.status < 300 || answer.status > 399 || location === undefined) return answer;
    answer.discard();
    if (!URL.canParse(location, server.href)) return fail("it redirects to no address at all");
    const next = new URL(location, server);
    // A token server that sends a login elsewhere is not followed there.
    if (!sameOrigin(next, request.server)) return fail("it redirects to another server");
    if (hop === MOST_REDIRECTS) return fail("it redirects again and again");
    server = next;
  }
}

function requestFor({ service, scopes, credential }: TokenRequest, server: URL): HttpRequest {
  if (credential?.kind === "identity") {
    const form = new URLSearchParams({
      grant_type: "refresh_token",
      refresh_token: credential.token,
      client_id: "layerwright",
      ...(service === undefined ? {} : { service }),
      ...(scopes.length === 0 ? {} : { scope: scopes.join(" ") }),
    });
    const bytes = Buffer.from(form.toString());
    const headers = { "content-type": "application/x-www-form-urlencoded", accept: "application/json" };
    return {
      method: "POST",
      url: server,
      headers,
      body: { size: bytes.length, bytes: () => [bytes] },
    };
  }
  const url = new URL(server);
  if (service !== undefined) url.searchParams.set("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  const headers: Record<string, string> = { accept: "application/json" };
  if (credential?.kind === "password") headers["authorization"] = basic(credential);
  return { method: "GET", url, headers };
}

/** The parts of a credential that nobody may see, as they are and as they are sent. */
export function secretsOf(credential: Credential | undefined): readonly string[] {
  if (credential === undefined) return [];
  if (credential.kind !== "password") return [credential.token];
  return [credential.password, basic(credential).slice("Basic ".length)];
}

/** The header of a name and a password (RFC 7617). */
export function basic({
  username,
  password,
}: {
  readonly username: string;
  readonly password: string;
}): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
