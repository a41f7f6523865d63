import { fileURLToPath } from "node:url";
import { type ErrorData, errorFromData } from "../errors/layerwright-error.js";

/** What a child program answers: its result, or the coded error that it ended with. */
export type ChildAnswer<Result> = { readonly result: Result } | { readonly failure: ErrorData };

/**
 * Asks a program of this folder and waits for its answer: how what is asynchronous is done by what gives its result at
 * once. It costs the start of a process.
 *
 * @param program the name of its module, which reads the question as JSON from its input
 */
export function askChild<Result>(
  program: "known-bases-child" | "local-base-child",
  question: unknown,
): Result {
  const ending = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const script = fileURLToPath(new URL(`./${program}.${ending}`, import.meta.url));
  const loader = ending === "ts" ? ["--import", import.meta.resolve("tsx")] : [];
  // Loaded where it is needed: an image without a base on disk needs no child process.
  const { spawnSync } = process.getBuiltinModule("node:child_process");
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [...loader, script], {
    input: JSON.stringify(question),
    maxBuffer: 1 << 30,
    encoding: "utf8",
    stdio: ["pipe", "pipe", "pipe"],
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(stderr);
  const answer = JSON.parse(stdout) as ChildAnswer<Result>;
  if ("failure" in answer) throw errorFromData(answer.failure);
  return answer.result;
}
