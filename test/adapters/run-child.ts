import { spawn } from "node:child_process";

/** What a child process printed, line by line after its first one, which says that it begins. */
export interface ChildRun {
  readonly code: number | null;
  readonly lines: readonly string[];
}

/** Runs a script; with `killAfter` it is killed so many milliseconds after it began. */
export function runChild(script: string, args: readonly string[], killAfter?: number): Promise<ChildRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, ...args], { stdio: ["ignore", "pipe", "inherit"] });
    let output = "";
    child.stdout.on("data", (data: Buffer) => {
      if (killAfter !== undefined && output === "") setTimeout(() => child.kill("SIGKILL"), killAfter);
      output += data;
    });
    child.on("error", reject);
    // A line that the kill cut in half says nothing.
    child.on("close", (code) => resolve({ code, lines: output.split("\n").slice(1, -1) }));
  });
}
