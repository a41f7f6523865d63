import { commandText } from "../describe.js";
import type { RunOperation } from "../operation.js";
import { appendCommand, grouped } from "./append-command.js";
import { type PlacedOperation, replaceAt } from "./edit-stages.js";
import { packageManagers, uses } from "./package-managers.js";
import type { PassLog } from "./pass.js";

/**
 * A step that only fetches (`apt-get update`) becomes part of the installation right after it: its lists can be
 * removed once that is done and not before, and in a layer of their own they would stay.
 */
export function joinFetches(
  operations: readonly PlacedOperation[],
  log: PassLog,
): readonly PlacedOperation[] {
  let done: readonly PlacedOperation[] = [];
  let changed = false;
  for (const placed of operations) {
    const before = done.at(-1);
    const joined = before === undefined ? undefined : joinedRun(before, placed);
    if (joined === undefined) {
      done = [...done, placed];
      continue;
    }
    changed = true;
    done = replaceAt(done, done.length - 1, { ...placed, operation: joined });
    const fetch = before!.operation as RunOperation;
    log.record({
      before: `run ${commandText(fetch.command)} in a layer of its own`,
      after: `part of run ${commandText((placed.operation as RunOperation).command, 40)}`,
      ...(fetch.origin === undefined ? {} : { origin: fetch.origin }),
    });
  }
  return changed ? done : operations;
}

function joinedRun(before: PlacedOperation, after: PlacedOperation): RunOperation | undefined {
  const [fetch, install] = [before.operation, after.operation];
  if (before.layer === after.layer || fetch.op !== "run" || install.op !== "run") return undefined;
  if (typeof fetch.command !== "string" || typeof install.command !== "string") return undefined;
  if (fetch.keepLeftovers === true || !fetchesFor(fetch.command, install.command)) return undefined;
  if (stateOf(fetch) !== stateOf(install)) return undefined;
  return { ...install, command: appendCommand(fetch, grouped(install.command)).command };
}

/** Whether the first does nothing but fetch, and the second uses it. */
function fetchesFor(first: string, second: string): boolean {
  const used = packageManagers.filter((manager) => uses(first, manager));
  const single = !/[;&|\n]/.test(first.trim());
  return single && used.some((manager) => !manager.installs.test(first) && manager.installs.test(second));
}

/** All that a command sees beside files. */
function stateOf({ shell, env, stepEnv, workdir, user, network, mounts, timeout }: RunOperation): string {
  return JSON.stringify([shell, env, stepEnv, workdir, user, network, mounts, timeout]);
}
