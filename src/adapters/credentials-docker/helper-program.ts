import { spawn } from "node:child_process";
import { EnvironmentError } from "../../errors/layerwright-error.js";

/** What a helper is asked to do, by the protocol of docker-credential-helpers. */
export type HelperAction = "get" | "store" | "erase";

/** A helper, and what it is asked for; the file is the one that names it. */
export interface HelperCall {
  /** The part of its name after `docker-credential-`. */
  readonly helper: string;
  readonly registry: string;
  readonly path: string;
  readonly action: HelperAction;
}

/** How a helper may be reached; the process's own environment and half a minute by default. */
export interface HelperSurroundings {
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
export async function runHelper(
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
export function helperFailed(
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

/** How a program ended, or why it did not: "missing", or a reason. */
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
