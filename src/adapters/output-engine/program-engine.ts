import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Writable } from "node:stream";
import { EnvironmentError } from "../../errors/layerwright-error.js";
import type { Engine } from "./engine.js";
import { type EngineProgram, placeText } from "./engine-place.js";

/** What is kept of what a program says. */
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
export async function openProgram(place: EngineProgram, env: NodeJS.ProcessEnv): Promise<Engine> {
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
