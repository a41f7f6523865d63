import type { Credential } from "../../ports/credential-source.js";
import { passwordOf } from "./auth-entry.js";
import { parseAuthKey } from "./auth-key.js";
import type { ConfigFile } from "./config-file.js";
import { type HelperCall, type HelperSurroundings, helperFailed, runHelper } from "./helper-program.js";
import { helperServers, normalHost } from "./registry-name.js";

/** A helper that a file names for a registry. */
export interface ChosenHelper {
  readonly helper: string;
  readonly registry: string;
  readonly path: string;
}

/** The user's name in an answer that is a token. */
const TOKEN_USER = "<token>";

/**
 * The helper that a file names for a registry: its own, else the one of all registries. An empty name is how Docker
 * is told that one registry has none.
 */
export function helperFor(file: ConfigFile, domain: string): ChosenHelper | undefined {
  const helper = ownHelper(file, normalHost(domain)) ?? file.credsStore ?? "";
  return helper === "" ? undefined : { helper, registry: domain, path: file.path };
}

function ownHelper(file: ConfigFile, host: string): string | undefined {
  const own = [...file.credHelpers].find(([key]) => {
    const known = parseAuthKey(key);
    return known.host === host && known.path === "";
  });
  return own?.[1];
}

/** Docker's credential helpers. Each is asked once for a registry, which it may have to unlock a key ring for. */
export class CredentialHelpers {
  readonly #surroundings: HelperSurroundings;
  readonly #answers = new Map<string, Promise<Credential | undefined>>();

  constructor(surroundings: HelperSurroundings = {}) {
    this.#surroundings = surroundings;
  }

  /** The credential that a helper keeps. @throws {EnvironmentError} CREDENTIAL_HELPER_FAILED and its like */
  async get(chosen: ChosenHelper): Promise<Credential | undefined> {
    const servers = helperServers(chosen.registry);
    for (const server of servers) {
      const found = await this.getAs(chosen, server);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The same under one name of the registry. */
  getAs(chosen: ChosenHelper, server: string): Promise<Credential | undefined> {
    const key = `${chosen.helper} ${server}`;
    const known = this.#answers.get(key);
    if (known !== undefined) return known;
    const answer = this.#ask(chosen, server);
    this.#answers.set(key, answer);
    // A failure may be mended while the program runs: it is no answer.
    answer.catch(() => this.#answers.delete(key));
    return answer;
  }

  async #ask(chosen: ChosenHelper, server: string): Promise<Credential | undefined> {
    const call: HelperCall = { ...chosen, action: "get" };
    const printed = await runHelper(call, server, this.#surroundings);
    return printed === undefined ? undefined : readAnswer(call, printed);
  }

  /** Gives a helper a credential to keep. */
  async store(chosen: ChosenHelper, server: string, credential: Credential): Promise<void> {
    const [username, secret] =
      credential.kind === "password"
        ? [credential.username, credential.password]
        : [TOKEN_USER, credential.token];
    const input = JSON.stringify({ ServerURL: server, Username: username, Secret: secret });
    this.#answers.clear();
    const call: HelperCall = { ...chosen, action: "store" };
    if ((await runHelper(call, input, this.#surroundings)) === undefined) {
      throw helperFailed(call, "it says that it does not know the registry");
    }
  }

  /** Makes a helper forget a registry; says whether it knew it. */
  async erase(chosen: ChosenHelper, server: string): Promise<boolean> {
    this.#answers.clear();
    // Helpers differ in how they refuse to erase what they do not have, so that is found out before.
    if ((await this.getAs(chosen, server)) === undefined) return false;
    await runHelper({ ...chosen, action: "erase" }, server, this.#surroundings);
    this.#answers.clear();
    return true;
  }
}

function readAnswer(call: HelperCall, printed: string): Credential | undefined {
  let answer: unknown;
  try {
    answer = JSON.parse(printed);
  } catch {
    throw helperFailed(call, "its answer is not JSON");
  }
  if (answer === null || typeof answer !== "object") throw helperFailed(call, "its answer is no JSON object");
  const { Username = "", Secret = "" } = answer as Readonly<Record<string, unknown>>;
  if (typeof Username !== "string" || typeof Secret !== "string") {
    throw helperFailed(call, "its answer has a Username or Secret that is no text");
  }
  if (Username !== TOKEN_USER) return passwordOf(Username, Secret);
  return Secret === "" ? undefined : { kind: "identity", token: Secret };
}
