import { spawn } from "node:child_process";
import { EnvironmentError } from "../../errors/layerwright-error.js";
import type { Credential, CredentialSource, Repository } from "../../ports/registry.js";
import {
  type ConfigFile,
  configPlaces,
  credentialOf,
  type PlacesInput,
  passwordOf,
  readConfigFile,
} from "./config-file.js";
import { closeness, dockerKey, helperServers, normalHost, parseAuthKey } from "./registry-name.js";

/** The surroundings of the credentials beside the files; the process's own by default. */
export interface DockerCredentialsOptions extends PlacesInput {
  readonly helpers?: CredentialHelpers;
}

/**
 * The credentials that Docker and podman keep for the user. The files are believed in the order of
 * `configPlaces`, and the first one that knows a credential decides.
 *
 * Within a file, a helper has the only word for its registries (`credHelpers` before `credsStore`), as with Docker and
 * podman: what `auths` still holds for them is from before the helper was set up. Without a helper the entry of
 * `auths` that names most of the repository decides.
 */
export class DockerCredentials implements CredentialSource {
  readonly #places: readonly string[];
  readonly #helpers: CredentialHelpers;

  constructor(options: DockerCredentialsOptions = {}) {
    this.#places = configPlaces(options);
    this.#helpers = options.helpers ?? sharedHelpers;
  }

  async credentialFor(repository: Repository, signal?: AbortSignal): Promise<Credential | undefined> {
    for (const place of this.#places) {
      signal?.throwIfAborted();
      // Read each time: a login of a minute ago counts, and the files are small.
      const file = readConfigFile(place);
      if (file === undefined) continue;
      const helper = helperFor(file, repository.domain);
      const found =
        helper === undefined
          ? entryFor(file, repository)
          : await unlessAborted(this.#helpers.get(helper), signal);
      if (found !== undefined) return found;
    }
    return undefined;
  }
}

/** The credential in `auths` that is closest to a repository. @throws {EnvironmentError} CREDENTIALS_INVALID */
export function entryFor(file: ConfigFile, repository: Repository): Credential | undefined {
  const usual = dockerKey(repository.domain);
  const candidates = [...file.auths]
    .map(([key, entry]) => ({ key, entry, close: closeness(parseAuthKey(key), repository) ?? -1 }))
    .filter(({ close }) => close >= 0)
    // Of several spellings of the same, the one that Docker writes today is the newest.
    .sort((a, b) => b.close - a.close || Number(b.key === usual) - Number(a.key === usual));
  for (const { key, entry } of candidates) {
    const credential = credentialOf(file, key, entry);
    if (credential !== undefined) return credential;
  }
  return undefined;
}

/** The helper's answer is shared, so it goes on when one who waits for it gives up. */
function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return answer;
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
    answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

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

/** The helpers of this process: all of it asks them once. */
export const sharedHelpers = new CredentialHelpers();

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

/** The verbs of a helper, by the protocol of docker-credential-helpers. */
type HelperAction = "get" | "store" | "erase";

/** A helper, and what it is asked for; the file is the one that names it. */
interface HelperCall {
  /** The part of its name after `docker-credential-`. */
  readonly helper: string;
  readonly registry: string;
  readonly path: string;
  readonly action: HelperAction;
}

/** The surroundings of a helper; the process's own environment and half a minute by default. */
interface HelperSurroundings {
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutSeconds?: number;
}

/** A helper may have to wait for somebody who unlocks a key ring. */
const TIMEOUT_SECONDS = 30;
/** Bytes of an answer at most: a token may be long, but not as long as this. */
const MAX_ANSWER = 1 << 20;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
const NOT_FOUND = "credentials not found in native keychain";

/**
 * Runs a helper to its end and gives what it printed, or undefined where it does not know the registry. What it
 * printed is never in an error: it may be the secret.
 *
 * @throws {EnvironmentError} CREDENTIAL_HELPER_INVALID, CREDENTIAL_HELPER_MISSING, CREDENTIAL_HELPER_FAILED
 */
async function runHelper(
  call: HelperCall,
  input: string,
  { env = process.env, timeoutSeconds = TIMEOUT_SECONDS }: HelperSurroundings = {},
): Promise<string | undefined> {
  const { registry, path } = call;
  if (!NAME.test(call.helper)) {
    throw new EnvironmentError("CREDENTIAL_HELPER_INVALID", { path, registry }, { subject: path });
  }
  const helper = `docker-credential-${call.helper}`;
  const end = await runToEnd([helper, call.action], input, env, timeoutSeconds);
  if (end === "missing") {
    throw new EnvironmentError("CREDENTIAL_HELPER_MISSING", { helper, registry, path }, { subject: helper });
  }
  if (typeof end === "string") throw helperFailed(call, end);
  if (end.code === 0) return end.printed;
  if (end.printed.includes(NOT_FOUND) || end.said.includes(NOT_FOUND)) return undefined;
  throw helperFailed(call, end.code === null ? "it was killed" : `it ended with the exit code ${end.code}`);
}

/** The coded error for a helper that did not do what it was asked. */
function helperFailed(
  { helper, registry, action }: HelperCall,
  reason: string,
): EnvironmentError<"CREDENTIAL_HELPER_FAILED"> {
  const name = `docker-credential-${helper}`;
  return new EnvironmentError(
    "CREDENTIAL_HELPER_FAILED",
    { helper: name, registry, action, reason },
    { subject: name },
  );
}

interface HelperEnd {
  readonly code: number | null;
  readonly printed: string;
  readonly said: string;
}

/** The end of a program, or the reason why it did not run: "missing", or a reason. */
function runToEnd(
  [program = "", ...args]: readonly string[],
  input: string,
  env: NodeJS.ProcessEnv,
  timeoutSeconds: number,
): Promise<HelperEnd | string> {
  return new Promise((resolve) => {
    const child = spawn(program, args, { env, stdio: "pipe", windowsHide: true });
    const streams = [child.stdin, child.stdout, child.stderr];
    const give = (end: HelperEnd | string): void => {
      clearTimeout(timer);
      resolve(end);
    };
    const giveUp = (reason: string): void => {
      child.kill("SIGKILL");
      // What the helper itself started may hold the pipes open for long.
      for (const stream of streams) stream.destroy();
      child.unref();
      give(reason);
    };
    const timer = setTimeout(
      () => giveUp(`it gave no answer within ${timeoutSeconds} seconds`),
      timeoutSeconds * 1000,
    );
    let size = 0;
    const collect = (chunks: Buffer[]) => (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_ANSWER) giveUp("its answer is too long");
      else chunks.push(chunk);
    };
    const printed: Buffer[] = [];
    const said: Buffer[] = [];
    child.stdout.on("data", collect(printed));
    child.stderr.on("data", collect(said));
    child.once("error", (error: NodeJS.ErrnoException) => {
      give(error.code === "ENOENT" ? "missing" : `it cannot be started (${error.code ?? "unknown"})`);
    });
    child.once("close", (code) => {
      give({
        code,
        printed: Buffer.concat(printed).toString("utf8"),
        said: Buffer.concat(said).toString("utf8"),
      });
    });
    // A helper that ends without reading is judged by how it ended.
    child.stdin.on("error", () => {});
    child.stdin.end(input);
  });
}
