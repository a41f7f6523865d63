import { commandText } from "../describe.js";
import type { RunOperation } from "../operation.js";
import { editStages, type PlacedOperation, replaceAt } from "./edit-stages.js";
import { cleansOnly, type PackageManager, uncleanManagers } from "./package-managers.js";
import type { Pass, PassLog } from "./pass.js";

/**
 * Removes what a package manager leaves (caches, lists, logs) in the step that made it: in a later layer the
 * removal would hide the bytes and not free them. A later step that does nothing but clean up moves there; where
 * nobody cleans up, the clean-up is added.
 *
 * These leftovers are the one thing a pass may take from the final root file system: they are why it exists.
 */
export const cleanInLayer: Pass = {
  name: "clean-in-layer",
  apply: (plan, log) => editStages(plan, (operations) => addCleanups(moveCleanups(operations, log), log)),
};

/** Later steps that only clean up join the step that made the mess. */
function moveCleanups(operations: readonly PlacedOperation[], log: PassLog): readonly PlacedOperation[] {
  let done: readonly PlacedOperation[] = [];
  let changed = false;
  for (const placed of operations) {
    const { operation } = placed;
    const manager =
      operation.op === "run" && typeof operation.command === "string"
        ? cleansOnly(operation.command)
        : undefined;
    const at = manager === undefined ? -1 : lastInstall(done, manager);
    if (at >= 0 && operation.op === "run" && sameState(done[at]!.operation as RunOperation, operation)) {
      const install = done[at]!;
      const joined = appendCommand(install.operation as RunOperation, operation.command as string);
      done = replaceAt(done, at, { ...install, operation: joined });
      changed = true;
      log.record({
        before: `run ${commandText(operation.command)} in a layer of its own`,
        after: `part of run ${commandText((install.operation as RunOperation).command, 40)}`,
        ...(operation.origin === undefined ? {} : { origin: operation.origin }),
      });
      continue;
    }
    done = [...done, placed];
  }
  return changed ? done : operations;
}

/** The last step that left something of this manager. */
function lastInstall(operations: readonly PlacedOperation[], manager: PackageManager): number {
  return operations.findLastIndex(
    ({ operation }) =>
      operation.op === "run" &&
      typeof operation.command === "string" &&
      manager.installs.test(operation.command),
  );
}

function addCleanups(operations: readonly PlacedOperation[], log: PassLog): readonly PlacedOperation[] {
  let changed = false;
  const done = operations.map((placed, index) => {
    const { operation } = placed;
    if (operation.op !== "run") return placed;
    if (typeof operation.command !== "string") {
      warnExecForm(operation, log);
      return placed;
    }
    const managers = uncleanManagers(operation.command).filter(
      (manager) =>
        !cachedByMount(operation, manager) && !cleanedInSameLayer(operations, placed, index, manager),
    );
    if (managers.length === 0) return placed;
    changed = true;
    const cleaned = managers.reduce((run, manager) => appendCommand(run, manager.cleanup), operation);
    log.record({
      before: `run ${commandText(operation.command)} leaves what ${managers.map((one) => one.name).join(" and ")} downloaded`,
      after: "removed in the same layer",
      ...(operation.origin === undefined ? {} : { origin: operation.origin }),
    });
    return { ...placed, operation: cleaned };
  });
  return changed ? done : operations;
}

/** Within one layer a later command may still need what an earlier one fetched: the last one cleans up. */
function cleanedInSameLayer(
  operations: readonly PlacedOperation[],
  placed: PlacedOperation,
  index: number,
  manager: PackageManager,
): boolean {
  return operations.some(
    (other, at) =>
      at > index &&
      other.layer === placed.layer &&
      other.operation.op === "run" &&
      typeof other.operation.command === "string" &&
      (manager.installs.test(other.operation.command) || manager.cleans.test(other.operation.command)),
  );
}

const CACHE_FOLDERS: Readonly<Record<string, RegExp>> = {
  apt: /^\/var\/(cache\/apt|lib\/apt)/,
  apk: /^\/(var\/cache|etc)\/apk/,
  dnf: /^\/var\/cache\/(lib)?dnf/,
  yum: /^\/var\/cache\/(yum|dnf)/,
  pip: /\/\.cache\/pip$|\/\.cache$/,
  npm: /\/\.npm$/,
  gem: /\/cache$/,
  go: /\/(go|go-build|mod)(\/|$)/,
};

function cachedByMount(operation: RunOperation, manager: PackageManager): boolean {
  const folder = CACHE_FOLDERS[manager.name];
  return (operation.mounts ?? []).some(
    (mount) => mount.type === "cache" && folder?.test(mount.target) === true,
  );
}

function warnExecForm(operation: RunOperation, log: PassLog): void {
  const line = (operation.command as readonly string[]).join(" ");
  const managers = uncleanManagers(line);
  if (managers.length === 0) return;
  log.warn({
    code: "LEFTOVERS",
    message: `run ${commandText(operation.command)} leaves what ${managers[0]!.name} downloaded in its layer; an array is run as it is, so nothing was added: write the command as a string or use the ${managers[0]!.name} recipe`,
    ...(operation.origin === undefined ? {} : { origin: operation.origin }),
  });
}

/** Whether two runs see the same state, so that one may run inside the other. */
function sameState(first: RunOperation, second: RunOperation): boolean {
  return (
    (first.user ?? "root") === (second.user ?? "root") &&
    first.shell.join("\0") === second.shell.join("\0") &&
    (second.mounts ?? []).length === 0
  );
}

/**
 * One more command that runs when the first succeeded. Braces keep `a || b` and `a; b` together, and a new line
 * ends a comment or a here-document of the first.
 */
function appendCommand(operation: RunOperation, command: string): RunOperation {
  const first = String(operation.command).trim();
  const plain = /^[^\n#]*$/.test(first) && !/\|\||;|&\s*$|<</.test(first);
  return { ...operation, command: plain ? `${first} && ${command}` : `{ ${first}\n} && ${command}` };
}
