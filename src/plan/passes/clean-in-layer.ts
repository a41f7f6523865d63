import { commandText } from "../describe.js";
import type { RunOperation } from "../operation.js";
import { appendCommand } from "./append-command.js";
import { editStages, type PlacedOperation, replaceAt } from "./edit-stages.js";
import { joinFetches } from "./join-fetches.js";
import { cleansOnly, cleanUpOf, type PackageManager, uncleanManagers, uses } from "./package-managers.js";
import type { Pass, PassLog } from "./pass.js";

/**
 * Removes what a package manager leaves (caches, lists, logs) in the step that made it: in a later layer the
 * removal would hide the bytes and not free them. A step that only fetches lists becomes part of the installation
 * that follows; a later step that does nothing but clean up moves there; where nobody cleans up, the clean-up is
 * added. A step that says `keepLeftovers` stays as it is.
 *
 * These leftovers are the one thing a pass may take from the final root file system: they are why it exists.
 */
export const cleanInLayer: Pass = {
  name: "clean-in-layer",
  apply: (plan, log) => {
    const parents = new Set(plan.stages.flatMap(({ base }) => (base.kind === "stage" ? [base.stage] : [])));
    return editStages(plan, (operations, { id }) => {
      const moved = moveCleanups(joinFetches(operations, log), log);
      return addCleanups(moved, parents.has(id), log);
    });
  },
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

/** The last step that left something of this manager, and did not mean to. */
function lastInstall(operations: readonly PlacedOperation[], manager: PackageManager): number {
  return operations.findLastIndex(
    ({ operation }) =>
      operation.op === "run" &&
      operation.keepLeftovers !== true &&
      typeof operation.command === "string" &&
      uses(operation.command, manager),
  );
}

function addCleanups(
  operations: readonly PlacedOperation[],
  isParent: boolean,
  log: PassLog,
): readonly PlacedOperation[] {
  let changed = false;
  const done = operations.map((placed, index) => {
    const { operation } = placed;
    if (operation.op !== "run" || operation.keepLeftovers === true) return placed;
    const { command } = operation;
    if (typeof command !== "string") {
      warnExecForm(operation, log);
      return placed;
    }
    const managers = uncleanManagers(command).filter((manager) => {
      const cleanUp = cleanUpOf(operation, manager);
      if (cleanUp === "" || command.includes(cleanUp)) return false;
      const needed = neededLater(operations, index, manager, isParent);
      if (needed === "in a later layer") warnFetched(operation, manager, log);
      return needed === undefined;
    });
    if (managers.length === 0) return placed;
    changed = true;
    const cleaned = managers.reduce(
      (run, manager) => appendCommand(run, cleanUpOf(operation, manager)),
      operation,
    );
    log.record({
      before: `run ${commandText(command)} leaves what ${managers.map((one) => one.name).join(" and ")} downloaded`,
      after: "removed in the same layer",
      ...(operation.origin === undefined ? {} : { origin: operation.origin }),
    });
    return { ...placed, operation: cleaned };
  });
  return changed ? done : operations;
}

/**
 * Where a later command needs what this one fetched, if one does. Within one layer the last one cleans up; a step that only
 * fetches does it for whatever comes, be it in an image that starts from this one.
 */
function neededLater(
  operations: readonly PlacedOperation[],
  index: number,
  manager: PackageManager,
  isParent: boolean,
): "in this layer" | "in a later layer" | undefined {
  const { layer, operation } = operations[index]!;
  const later = operations.flatMap(({ layer: at, operation: other }, place) =>
    place > index && other.op === "run" && typeof other.command === "string"
      ? [{ same: at === layer, command: other.command }]
      : [],
  );
  const ends = (command: string): boolean => uses(command, manager) || manager.cleans.test(command);
  if (later.some(({ same, command }) => same && ends(command))) return "in this layer";
  if (manager.installs.test(String((operation as RunOperation).command))) return undefined;
  const needed = isParent || later.some(({ command }) => uses(command, manager));
  return needed ? "in a later layer" : undefined;
}

function warnFetched(operation: RunOperation, { name }: PackageManager, log: PassLog): void {
  log.warn({
    code: "LEFTOVERS",
    message: `run ${commandText(operation.command)} fetches for a later step, so what ${name} downloaded stays in its layer: write both as one step`,
    ...(operation.origin === undefined ? {} : { origin: operation.origin }),
  });
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
