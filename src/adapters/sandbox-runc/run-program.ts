import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { toolEnv } from "./tool-env.js";

/** How a program that is part of the sandbox ended. */
export interface ProgramEnd {
  readonly code: number;
  /** The last of what it said on standard error. */
  readonly said: string;
}

const KEPT = 4096;

/** Runs a program of the sandbox to its end: fed by `input`, its output given to `sink`. */
export async function runProgram(
  command: readonly string[],
  streams: {
    readonly input?: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
    readonly sink?: (chunk: Uint8Array) => void;
  } = {},
): Promise<ProgramEnd> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, {
    env: toolEnv(),
    stdio: [
      streams.input === undefined ? "ignore" : "pipe",
      streams.sink === undefined ? "ignore" : "pipe",
      "pipe",
    ],
  });
  const ended = once(child, "close") as Promise<[number | null]>;
  // Told by `ended`; without this a program that stops reading early would be an unhandled error.
  ended.catch(() => {});
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-KEPT);
  });
  let failure: unknown;
  child.stdout?.on("data", (chunk: Buffer) => {
    try {
      if (failure === undefined) streams.sink?.(chunk);
    } catch (error) {
      failure = error;
      child.kill();
    }
  });
  if (streams.input !== undefined) {
    try {
      await feed(child, streams.input);
    } catch (error) {
      failure = error;
      child.kill();
    }
  }
  const [code] = await ended;
  if (failure !== undefined) throw failure;
  return { code: code ?? 1, said: said.trim() };
}

/** Runs a program whose failure does not matter. */
export async function runQuietly(command: readonly string[]): Promise<void> {
  await runProgram(command).catch(() => undefined);
}

/** Writes all chunks, waiting where the program is slower; the chunks may be the same memory each time. */
async function feed(
  child: ChildProcess,
  input: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<void> {
  const stdin = child.stdin!;
  let gone = false;
  stdin.on("error", () => {
    gone = true;
  });
  for await (const chunk of input) {
    if (gone) break;
    await new Promise<void>((resolve) => {
      const done = () => {
        stdin.off("close", done);
        resolve();
      };
      stdin.once("close", done);
      stdin.write(chunk, done);
    });
  }
  stdin.end();
}
