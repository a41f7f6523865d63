import { spawn } from "node:child_process";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { fileURLToPath, pathToFileURL } from "node:url";
import { sha256Hex } from "../../core/bytes.js";
import { DefinitionError } from "../../errors/layerwright-error.js";
import { CarriedFailure } from "../failure.js";
import {
  type LoadReply,
  type LoadRequest,
  type LoweredCatalog,
  REPLY_DESCRIPTOR,
  REQUEST_VARIABLE,
} from "./loaded-catalog.js";

/**
 * Runs the user's file as the entry of a child process and takes its catalog back as plans. In our own process
 * the file would get a second copy of the package, in which its images are not images.
 *
 * @throws {CarriedFailure} whatever went wrong in the user's program
 */
export async function loadCatalog(request: LoadRequest, signal: AbortSignal): Promise<LoweredCatalog> {
  signal.throwIfAborted();
  const child = spawn(
    process.execPath,
    // The package is CommonJS's to require, too, and Node would remark on it.
    ["--disable-warning=ExperimentalWarning", "--import", tsxUrl(), "--import", preloadUrl(), request.entry],
    {
      env: { ...process.env, [REQUEST_VARIABLE]: JSON.stringify(request) },
      // What the user's program prints is for people: standard output carries data, and only ours.
      stdio: ["inherit", 2, "inherit", "pipe"],
    },
  );
  const stop = (): void => void child.kill("SIGINT");
  signal.addEventListener("abort", stop, { once: true });
  try {
    const ended = new Promise<string | undefined>((resolve, reject) => {
      child.once("error", reject);
      child.once("exit", (code, killedBy) => {
        resolve(killedBy ?? (code === 0 ? undefined : `exit code ${code}`));
      });
    });
    const written = await text(child.stdio[3] as Readable);
    const reply = parseReply(written, request);
    if (reply !== undefined && "failure" in reply) child.kill();
    const failed = await ended;
    signal.throwIfAborted();
    return outcome(reply, failed, request);
  } catch (error) {
    child.kill();
    throw error;
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

/**
 * The reply of our part of the child: its sha256, then JSON. The descriptor belongs to the user's program as well, so what
 * anything else wrote to it is no reply, and neither is one that was cut short.
 *
 * @throws {DefinitionError} USER_PROGRAM_FAILED
 */
export function parseReply(written: string, { shown }: Pick<LoadRequest, "shown">): LoadReply | undefined {
  if (written === "") return undefined;
  const end = written.indexOf("\n");
  const json = written.slice(end + 1);
  if (end === 64 && written.slice(0, end) === sha256Hex(json)) return JSON.parse(json) as LoadReply;
  const reason = `what came over file descriptor ${REPLY_DESCRIPTOR} is no whole catalog; that descriptor is for the catalog alone`;
  throw new DefinitionError("USER_PROGRAM_FAILED", { file: shown, reason }, { subject: shown });
}

function outcome(
  reply: LoadReply | undefined,
  failed: string | undefined,
  request: LoadRequest,
): LoweredCatalog {
  if (reply !== undefined && "failure" in reply) throw new CarriedFailure(reply.failure);
  if (reply !== undefined && failed === undefined) return reply.catalog;
  const reason =
    failed === undefined
      ? "it called process.exit before its catalog could be read"
      : `it ended with ${failed}`;
  throw new DefinitionError(
    "USER_PROGRAM_FAILED",
    { file: request.shown, reason },
    { subject: request.shown },
  );
}

/** From our own dependencies, as an absolute URL: the user's project does not need tsx. */
function tsxUrl(): string {
  return import.meta.resolve("tsx");
}

/** Beside this file, in the language that this file runs in. */
function preloadUrl(): string {
  const own = fileURLToPath(import.meta.url);
  return pathToFileURL(own.replace(/load-catalog(\.[jt]s)$/, "preload$1")).href;
}
