#!/usr/bin/env node
import { exitCodes } from "./exit-codes.js";
import { run } from "./run.js";

// A reader that has seen enough (`| head`) is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(exitCodes.ok);
    // The terminal is gone; what stops the command has said so, or comes now.
    if (error.code === "EIO") process.exit(process.exitCode ?? exitCodes.hungUp);
    throw error;
  });
}

const stop = new AbortController();
for (const [name, code] of [
  ["SIGHUP", exitCodes.hungUp],
  ["SIGINT", exitCodes.interrupted],
  ["SIGTERM", exitCodes.terminated],
] as const) {
  process.on(name, () => {
    // The first asks for an orderly end; whoever asks twice does not want to wait.
    if (stop.signal.aborted) process.exit(code);
    process.exitCode = code;
    stop.abort();
  });
}

const code = await run(process.argv.slice(2), stop.signal);
const { exitCode } = process;
// What is still in the pipes is written before the process ends.
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write("", done))),
);
process.exit(stop.signal.aborted ? (exitCode ?? code) : code);
