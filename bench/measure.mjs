// Runs a command as a whole process and says what it took.
import { spawn } from "node:child_process";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const GNU_TIME = "/usr/bin/time";

/** With a file of certificates in the environment Node reads all of them before it starts a program: 65 ms each time. */
const { NODE_EXTRA_CA_CERTS: _, ...OUR_ENV } = process.env;

/** Whether processor time and memory can be told; wall time always can. */
export const hasGnuTime = existsSync(GNU_TIME);

/**
 * Runs a command; gives seconds of wall time and processor time (user and system, of all its processes), the peak
 * memory of its largest process in MB, and what it printed. A command that fails throws with what it said.
 */
export async function measure(command, args, { env = {}, cwd, scratch, settle = 0 }) {
  const figures = join(scratch, "figures.txt");
  rmSync(figures, { force: true });
  await settled(settle);
  const start = performance.now();
  const result = hasGnuTime
    ? await run(GNU_TIME, ["-q", "-o", figures, "-f", "%U %S %M", command, ...args], { env, cwd })
    : await run(command, args, { env, cwd });
  const wall = (performance.now() - start) / 1000;
  if (result.code !== 0) {
    throw new Error(
      `${[command, ...args].join(" ")}: exit code ${result.code}\n${result.stdout.slice(-2000)}${result.stderr.slice(-2000)}`,
    );
  }
  const [user, system, memory] = hasGnuTime
    ? readFileSync(figures, "utf8").trim().split(" ").map(Number)
    : [];
  return { wall, cpu: user + system, memory: (memory * 1024) / 1e6, stdout: result.stdout };
}

/** Runs a command that is not measured. */
export async function prepare(command, args, options = {}) {
  const { code, stdout, stderr } = await run(command, args, options);
  if (code !== 0) {
    throw new Error(
      `${[command, ...args].join(" ")}: exit code ${code}\n${stdout.slice(-2000)}${stderr.slice(-2000)}`,
    );
  }
  return stdout;
}

function run(command, args, { env = {}, cwd }) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...OUR_ENV, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const out = { stdout: "", stderr: "" };
    for (const name of ["stdout", "stderr"]) {
      child[name].setEncoding("utf8").on("data", (text) => {
        out[name] += text;
      });
    }
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code: code ?? signal, ...out }));
  });
}

/** Waits until nine tenths of the machine are idle, `seconds` at most. */
async function settled(seconds) {
  const until = performance.now() + seconds * 1000;
  let before = processorTicks();
  while (before !== undefined && performance.now() < until) {
    await sleep(200);
    const now = processorTicks();
    if ((now.idle - before.idle) / (now.total - before.total) > 0.9) return;
    before = now;
  }
}

function processorTicks() {
  try {
    const ticks = readFileSync("/proc/stat", "utf8")
      .split("\n", 1)[0]
      .trim()
      .split(/\s+/)
      .slice(1, 9)
      .map(Number);
    return { idle: ticks[3] + ticks[4], total: ticks.reduce((sum, one) => sum + one, 0) };
  } catch {
    return undefined;
  }
}

/** The middle one, or the mean of the two in the middle. */
export function median(values) {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((left, right) => left - right);
  if (sorted.length === 0) return Number.NaN;
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}
