import { spawn } from "node:child_process";
import { once } from "node:events";
import { type IncomingMessage, type RequestOptions, request } from "node:http";
import { request as requestTls } from "node:https";
import { PassThrough, type Writable } from "node:stream";
import { EnvironmentError, isLayerwrightError } from "../../errors/layerwright-error.js";
import {
  type EngineAddress,
  type EngineApi,
  type EngineName,
  type EnginePlace,
  type EngineProgram,
  findPlaces,
  placeText,
  type UsualSockets,
} from "./engine-place.js";

/** A container engine that answers. */
export interface Engine {
  readonly name: EngineName;
  /** The place where it was found, as people read it. */
  readonly place: string;
  /** Loads the archive that `write` writes. */
  load(write: (stream: Writable) => Promise<void>, signal?: AbortSignal): Promise<void>;
  /** The id of the image that it has under a name, or under an id; undefined where it has none. */
  idOf(name: string): Promise<string | undefined>;
}

/** Options of the search for an engine. */
interface EngineOptions {
  /** Set when it has to be this one. */
  readonly engine?: EngineName | undefined;
  /** @default - the environment of this process */
  readonly env?: NodeJS.ProcessEnv | undefined;
  /** The usual places of sockets, for tests. */
  readonly usual?: UsualSockets | undefined;
}

/**
 * The first engine that answers.
 *
 * @throws {EnvironmentError} ENGINE_NOT_FOUND; ENGINE_UNREACHABLE for one that the user named
 */
export async function openEngine(options: EngineOptions = {}): Promise<Engine> {
  const { engine, env = process.env, usual } = options;
  const looked: string[] = [];
  for (const place of findPlaces(engine, env, usual)) {
    try {
      return await openPlace(place, env);
    } catch (error) {
      if (!isLayerwrightError(error) || error.code !== "ENGINE_UNREACHABLE") throw error;
      if (place.kind === "api" && place.named) throw error;
      looked.push(`${placeText(place)} (${reasonIn(error.shortMessage)})`);
    }
  }
  throw new EnvironmentError("ENGINE_NOT_FOUND", { looked }, { subject: engine ?? "engine" });
}

function openPlace(place: EnginePlace, env: NodeJS.ProcessEnv): Promise<Engine> {
  return place.kind === "api" ? openApi(place) : openProgram(place, env);
}

function reasonIn(message: string): string {
  return message.slice(message.indexOf("cannot be reached: ") + "cannot be reached: ".length);
}

/** An engine that is there answers at once. */
const PING_TIMEOUT = 5_000;
/** Docker answers when it is done with what it is doing to the image. */
const INSPECT_TIMEOUT = 60_000;

/**
 * The engine behind a socket.
 *
 * @throws {EnvironmentError} ENGINE_UNREACHABLE
 */
async function openApi(place: EngineApi): Promise<Engine> {
  const { address } = place;
  const shown = placeText(place);
  const unreachable = (reason: string, cause?: unknown) =>
    new EnvironmentError("ENGINE_UNREACHABLE", { place: shown, reason }, { subject: shown, cause });
  const reach = async (asked: Promise<EngineAnswer>) => {
    try {
      return await asked;
    } catch (error) {
      if (!(error instanceof EngineConnectionError)) throw error;
      throw unreachable(reasonOf(error), error.cause);
    }
  };
  const { status, headers } = await reach(askEngine(address, "/_ping", PING_TIMEOUT));
  if (status !== 200) throw unreachable(`it answered ${status}`);
  return {
    name: headers["libpod-api-version"] === undefined ? place.engine : "podman",
    place: shown,
    async load(write, signal) {
      const sent = sendEngine(address, "/images/load?quiet=1", "application/x-tar", write, signal);
      const reason = loadFailure(
        await reach(sent).catch((error) => {
          signal?.throwIfAborted();
          throw error;
        }),
      );
      if (reason === undefined) return;
      throw new EnvironmentError("ENGINE_REFUSED", { place: shown, reason }, { subject: shown });
    },
    async idOf(name) {
      // The slashes of a name are part of the path.
      const path = `/images/${name.split("/").map(encodeURIComponent).join("/")}/json`;
      const answer = await reach(askEngine(address, path, INSPECT_TIMEOUT));
      if (answer.status !== 200) return undefined;
      return idIn(answer.body);
    },
  };
}

/** The id that an answer names; undefined for what is no such answer. */
function idIn(body: string): string | undefined {
  try {
    const { Id: id } = JSON.parse(body) as { Id?: unknown };
    return typeof id === "string" ? id : undefined;
  } catch {
    return undefined;
  }
}

function reasonOf(error: EngineConnectionError): string {
  const { code } = error.cause as NodeJS.ErrnoException;
  if (code === "ENOENT") return "there is no such socket";
  if (code === "ECONNREFUSED") return "nothing listens there";
  if (code === "EACCES") return "its socket may not be used by this user";
  if (error.message === "The operation was aborted") return "it does not answer";
  return code ?? error.message;
}

/**
 * The reason why an engine did not load, in its own words; undefined when it did. It answers with a line of JSON for
 * each thing that it did, and a failure on the way is one of them, under the status of success.
 */
export function loadFailure({ status, body }: EngineAnswer): string | undefined {
  const said = body.split("\n").flatMap((line) => failureOf(line) ?? []);
  if (said.length > 0) return said.join("; ");
  if (status >= 200 && status < 300) return undefined;
  const text = body.trim().split("\n")[0] ?? "";
  return `it answered ${status}${text === "" ? "" : `: ${text.slice(0, 500)}`}`;
}

function failureOf(line: string): string | undefined {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof json !== "object" || json === null) return undefined;
  const { errorDetail, error, message } = json as Record<string, unknown>;
  const detail = (errorDetail as { message?: unknown } | undefined)?.message;
  return [detail, error, message].find((text): text is string => typeof text === "string" && text !== "");
}

/** The answer of an engine, read to its end. */
interface EngineAnswer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

/** More of an answer is not kept: what is said of an image fits. */
const MAX_BODY = 4 << 20;

/** A connection that failed: the engine is not there, or went away. */
class EngineConnectionError extends Error {}

/** Asks an engine's API something. */
async function askEngine(address: EngineAddress, path: string, milliseconds: number): Promise<EngineAnswer> {
  const signal = AbortSignal.timeout(milliseconds);
  return exchange(address, { method: "GET", path, signal }, async (stream) => void stream.end());
}

/** Sends an engine what `write` writes. An answer that comes before the end stops the writing. */
async function sendEngine(
  address: EngineAddress,
  path: string,
  contentType: string,
  write: (stream: Writable) => Promise<void>,
  signal?: AbortSignal,
): Promise<EngineAnswer> {
  const headers = { "content-type": contentType };
  const options = { method: "POST", path, headers, ...(signal === undefined ? {} : { signal }) };
  return exchange(address, options, async (stream) => {
    await write(stream);
    stream.end();
  });
}

async function exchange(
  address: EngineAddress,
  options: RequestOptions,
  write: (stream: Writable) => Promise<void>,
): Promise<EngineAnswer> {
  const body = new PassThrough();
  const outgoing = openRequest(address, options);
  let refused = false;
  const answered = new Promise<EngineAnswer>((resolve, reject) => {
    const fail = (error: Error) => {
      // The answer says more than the pipe that it broke.
      if (refused) return;
      reject(new EngineConnectionError(error.message, { cause: error }));
      body.destroy(error);
    };
    outgoing.on("error", fail);
    outgoing.once("response", (incoming) => {
      if ((incoming.statusCode ?? 0) >= 400) {
        refused = true;
        body.destroy();
      }
      readAnswer(incoming).then(resolve, (error: Error) => {
        refused = false;
        fail(error);
      });
    });
  });
  answered.catch(() => {});
  body.on("error", () => {});
  body.pipe(outgoing);
  try {
    await write(body);
  } catch (error) {
    // A connection that broke is why the writing failed; anything else is a failure of what was to be written.
    const why = body.errored ?? (refused ? "an answer" : undefined);
    if (why === undefined) outgoing.destroy();
    if (why === undefined) throw error;
  }
  return answered;
}

function openRequest(address: EngineAddress, options: RequestOptions) {
  if ("socket" in address) {
    // The name is no host: the socket decides.
    return request({ ...options, socketPath: address.socket, host: "localhost", agent: false });
  }
  const { host, port, tls } = address;
  if (tls === undefined) return request({ ...options, host, port, agent: false });
  const { verify, ...certificates } = tls;
  return requestTls({ ...options, ...certificates, host, port, rejectUnauthorized: verify, agent: false });
}

async function readAnswer(incoming: IncomingMessage): Promise<EngineAnswer> {
  let body = "";
  incoming.setEncoding("utf8");
  for await (const text of incoming as AsyncIterable<string>) {
    if (body.length < MAX_BODY) body += text;
  }
  return { status: incoming.statusCode ?? 0, headers: incoming.headers, body };
}

/** The bytes that are kept of a program's output. */
const KEPT = 8192;

interface End {
  readonly code: number;
  readonly said: string;
  readonly complained: string;
}

/**
 * The engine that a program talks to, or is.
 *
 * @throws {EnvironmentError} ENGINE_UNREACHABLE
 */
async function openProgram(place: EngineProgram, env: NodeJS.ProcessEnv): Promise<Engine> {
  const { engine } = place;
  const shown = placeText(place);
  const run = (args: readonly string[], write?: (stream: Writable) => Promise<void>, signal?: AbortSignal) =>
    runToEnd(engine, args, env, write, signal);
  // Docker's program prints its own version and fails where there is no engine behind it.
  const { code, complained } = await run(["version"]).catch((error: NodeJS.ErrnoException): End => {
    return { code: 127, said: "", complained: error.code === "ENOENT" ? "not on PATH" : error.message };
  });
  if (code !== 0) {
    const reason = lastLine(complained) || `\`${engine} version\` ended with ${code}`;
    throw new EnvironmentError("ENGINE_UNREACHABLE", { place: shown, reason }, { subject: shown });
  }
  return {
    name: engine,
    place: shown,
    async load(write, signal) {
      const end = await run(["load"], write, signal);
      if (end.code === 0) return;
      const reason = lastLine(end.complained) || `it ended with ${end.code}`;
      throw new EnvironmentError("ENGINE_REFUSED", { place: shown, reason }, { subject: shown });
    },
    async idOf(name) {
      const end = await run(["image", "inspect", "--format", "{{.Id}}", name]);
      return end.code === 0 ? end.said.trim() : undefined;
    },
  };
}

async function runToEnd(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  write?: (stream: Writable) => Promise<void>,
  signal?: AbortSignal,
): Promise<End> {
  const child = spawn(program, args, { env, stdio: "pipe", ...(signal === undefined ? {} : { signal }) });
  const ended = once(child, "close") as Promise<[number | null]>;
  ended.catch(() => {});
  let said = "";
  let complained = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-KEPT);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    complained = (complained + text).slice(-KEPT);
  });
  let broken = false;
  child.stdin.on("error", () => {
    broken = true;
  });
  try {
    await write?.(child.stdin);
    child.stdin.end();
  } catch (error) {
    // A program that stopped reading says why when it ends.
    if (!broken && !child.stdin.destroyed) {
      child.kill();
      await ended.catch(() => {});
      throw error;
    }
  }
  const [code] = await ended;
  return { code: code ?? 1, said, complained };
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)?.slice(0, 500) ?? "";
}
