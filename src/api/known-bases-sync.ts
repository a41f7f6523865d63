import { fileURLToPath } from "node:url";
import { type ErrorData, errorFromData } from "../errors/error-data.js";
import type { Plan } from "../plan/plan.js";

/** Whether a plan starts from anything that lies on disk. */
export function hasLocalBase(plan: Plan): boolean {
  return plan.stages.some(({ base }) => ["layout", "archive", "rootfs"].includes(base.kind));
}

/**
 * Adds what is known of bases on disk, for the one verb that gives its result at once: reading a base is asynchronous,
 * so a child process does it. Plans without such a base, most of them, cost nothing.
 */
export function knownBasesSync(plan: Plan, context: string): Plan {
  if (!hasLocalBase(plan)) return plan;
  const script = fileURLToPath(
    new URL(
      import.meta.url.endsWith(".ts") ? "./known-bases-child.ts" : "./known-bases-child.js",
      import.meta.url,
    ),
  );
  const loader = script.endsWith(".ts") ? ["--import", import.meta.resolve("tsx")] : [];
  // Loaded where it is needed: an image without a base on disk needs no child process.
  const { spawnSync } = process.getBuiltinModule("node:child_process");
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [...loader, script], {
    input: JSON.stringify({ plan, context }),
    maxBuffer: 1 << 30,
    encoding: "utf8",
    stdio: ["pipe", "pipe", "pipe"],
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(stderr);
  const answer = JSON.parse(stdout) as { readonly plan: Plan } | { readonly failure: ErrorData };
  if ("failure" in answer) throw errorFromData(answer.failure);
  return answer.plan;
}
