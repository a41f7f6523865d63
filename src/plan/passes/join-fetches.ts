import { commandText } from "../describe.js";
import type { RunOperation } from "../operation.js";
import type { Stage } from "../plan.js";
import { appendCommand, grouped } from "./append-command.js";
import { type PlacedOperation, replaceAt } from "./edit-stages.js";
import { laterUse } from "./later-use.js";
import { type PackageManager, packageManagers, reloads, uses } from "./package-managers.js";
import type { PassLog } from "./pass.js";

/**
 * Makes a step that only fetches (`apt-get update`) part of the installation right after it: its lists can be removed
 * once that is done and not before, and in a layer of their own they would stay. Only where they can be removed then.
 */
export function joinFetches(
  operations: readonly PlacedOperation[],
  stage: Stage,
  log: PassLog,
): readonly PlacedOperation[] {
  let done: readonly PlacedOperation[] = [];
  let changed = false;
  for (const placed of operations) {
    const before = done.at(-1);
    const joined =
      before !== undefined && frees(before, placed, operations, stage, log)
        ? joinedRun(before, placed)
        : undefined;
    if (joined === undefined) {
      done = [...done, placed];
      continue;
    }
    changed = true;
    done = replaceAt(done, done.length - 1, { ...placed, operation: joined });
    const fetch = before!.operation as RunOperation;
    const install = placed.operation as RunOperation;
    log.record({
      before: `run ${commandText(fetch.command)} in a layer of its own`,
      after: `part of run ${commandText(install.command, 40)}`,
      reruns: 1,
      ...(install.origin === undefined ? {} : { origin: install.origin }),
    });
  }
  return changed ? done : operations;
}

/** True when a fetch that joins an installation frees its lists in a layer that ships, and takes it from no image. */
function frees(
  before: PlacedOperation,
  after: PlacedOperation,
  operations: readonly PlacedOperation[],
  stage: Stage,
  { catalog }: PassLog,
): boolean {
  if (before.layer === after.layer || !catalog.mayMerge(stage, before.layer, after.layer)) return false;
  const manager = fetchedFor(before.operation, after.operation);
  const layer = catalog.layersOf(stage)[after.layer];
  if (manager === undefined || layer?.ships !== true) return false;
  const rest = operations.slice(operations.indexOf(after) + 1).filter((one) => one.layer === after.layer);
  const inLayer = rest.map(({ operation }) => operation);
  return laterUse(manager.name, layer, inLayer) === undefined;
}

function joinedRun(before: PlacedOperation, after: PlacedOperation): RunOperation | undefined {
  const [fetch, install] = [before.operation as RunOperation, after.operation as RunOperation];
  if (stateOf(fetch) !== stateOf(install)) return undefined;
  return { ...install, command: appendCommand(fetch, grouped(String(install.command))).command };
}

/** The manager by which the first does nothing but fetch, and the second installs. */
function fetchedFor(
  first: PlacedOperation["operation"],
  second: PlacedOperation["operation"],
): PackageManager | undefined {
  if (first.op !== "run" || second.op !== "run" || first.keepLeftovers === true) return undefined;
  const [fetch, install] = [first.command, second.command];
  if (typeof fetch !== "string" || typeof install !== "string" || /[;&|\n]/.test(fetch.trim()))
    return undefined;
  return packageManagers.find(
    (manager) =>
      reloads(manager) &&
      uses(fetch, manager) &&
      !manager.installs.test(fetch) &&
      manager.installs.test(install),
  );
}

/** All that a command sees beside files. */
function stateOf({ shell, env, stepEnv, workdir, user, network, mounts, timeout }: RunOperation): string {
  return JSON.stringify([shell, env, stepEnv, workdir, user, network, mounts, timeout]);
}
