import { originText } from "../../errors/origin.js";
import { cleanUp } from "../../recipes/leftovers.js";
import { type CleanedCommand, commandText, type Operation, type RunOperation } from "../operation.js";
import type { PlanBase, Stage } from "../plan.js";
import type { SharedLayer } from "./catalog-view.js";
import { apartFrom, commandsOf, type LaterUse, laterUse, mayRead } from "./later-use.js";
import {
  cleansOnly,
  cleanUpOf,
  mountedAt,
  type PackageManager,
  packageManagers,
  reloads,
  uncleanManagers,
  uses,
} from "./leftovers.js";
import { editStages, type Pass, type PassLog, type PlacedOperation, replaceAt } from "./pass.js";

/**
 * Moves what an image does itself about the leftovers of package managers to where it frees bytes: a step that only
 * fetches lists becomes part of the installation that follows, a later step that does nothing but clean up becomes part
 * of the installation before it. Only where the layer ships, no other image shares it, and nothing in between may use
 * the leftovers.
 */
export const moveCleanUps: Pass = {
  name: "clean-in-layer",
  apply: (plan, log) =>
    editStages(plan, (operations, stage) => moveInStage(joinFetches(operations, stage, log), stage, log)),
};

/**
 * Removes what a package manager leaves (caches, lists, logs) in the layer that made it: in a later layer the removal
 * would hide the bytes and not free them. Only in layers that ship, and only where no later command of any image that
 * has the layer may use it. A step that says `keepLeftovers` stays as it is.
 *
 * These leftovers are the one thing a pass may take from the final root file system: they are why it exists.
 */
export const cleanInLayer: Pass = {
  name: "clean-in-layer",
  apply: (plan, log) =>
    editStages(plan, (operations, stage) => {
      const layers = log.catalog.layersOf(stage);
      const below = log.catalog.below(stage);
      const base = rootBase(plan.stages, stage);
      return layers.reduce((all, layer, at) => {
        const earlier = [...below, ...layers.slice(0, at)];
        return layer.ships ? cleanLayer(all, at, layer, { earlier, base }, log) : all;
      }, operations);
    }),
};

/** Later steps that only clean up join the step that made the mess. */
function moveInStage(
  operations: readonly PlacedOperation[],
  stage: Stage,
  log: PassLog,
): readonly PlacedOperation[] {
  const layers = log.catalog.layersOf(stage);
  let done: readonly PlacedOperation[] = [];
  let changed = false;
  for (const placed of operations) {
    const { operation, layer } = placed;
    const at = operation.op === "run" && layers[layer]?.ships === true ? messOf(operation, done) : -1;
    const install = done[at];
    if (install === undefined || !log.catalog.mayMerge(stage, install.layer, layer)) {
      done = [...done, placed];
      continue;
    }
    const { command, origin } = operation as RunOperation;
    const manager = cleansOnly(command as string)!;
    const joined = withCleanUp(install.operation as RunOperation, command as string, manager);
    const reruns = done.filter((one, index) => index >= at && one.operation.op === "run").length;
    done = replaceAt(done, at, { ...install, operation: joined });
    changed = true;
    log.record({
      before: `run ${commandText(command)} in a layer of its own`,
      after: `part of run ${commandText((install.operation as RunOperation).command, 40)}`,
      reruns,
      ...(origin === undefined ? {} : { origin }),
      ...(joined.origin === undefined ? {} : { by: joined.origin }),
    });
  }
  return changed ? done : operations;
}

/** The command with a clean-up at its end, and a note of what was removed. */
function withCleanUp(run: RunOperation, removal: string, { name }: PackageManager): RunOperation {
  const { managers = [], written = run.command as string, cleanUp, apart = {} } = run.cleaned ?? {};
  const own = apartFrom({ ...run, command: written }, removal);
  // Several clean-ups start in one directory: the one that some of them need.
  const isApart = own !== undefined && (run.cleaned === undefined || run.cleaned.apart !== undefined);
  const cleaned: CleanedCommand = {
    managers: [...managers, name],
    written,
    cleanUp: cleanUp === undefined ? removal : `${cleanUp} && ${removal}`,
    ...(isApart ? { apart: { ...apart, ...own } } : {}),
  };
  return { ...appendCommand(run, removal), cleaned };
}

/** The place of the step that a clean-up can join, or -1. */
function messOf(cleanup: RunOperation, operations: readonly PlacedOperation[]): number {
  const manager = typeof cleanup.command === "string" ? cleansOnly(cleanup.command) : undefined;
  if (manager === undefined) return -1;
  const at = operations.findLastIndex(
    ({ operation }) =>
      operation.op === "run" &&
      operation.keepLeftovers !== true &&
      typeof operation.command === "string" &&
      uses(operation.command, manager),
  );
  const between = operations.slice(at + 1).map(({ operation }) => operation);
  const install = operations[at]?.operation;
  if (install?.op !== "run" || between.some((operation) => mayRead(operation, manager.name))) return -1;
  return seesTheSame(install, cleanup) ? at : -1;
}

/** True when a clean-up does the same as part of an earlier command. */
function seesTheSame(install: RunOperation, cleanup: RunOperation): boolean {
  const isRemoval = /^rm\s/.test(String(cleanup.command).trim());
  const state = ({ user = "root", shell, env, stepEnv, workdir, network }: RunOperation): string =>
    JSON.stringify([user, shell, ...(isRemoval ? [] : [env, stepEnv, workdir, network])]);
  const isMounted = [install, cleanup].some((run) => mountedAt(run).length > 0);
  return !isMounted && state(install) === state(cleanup);
}

/** Leftovers of a layer, and the change that removes them. */
interface Leaving {
  /** The last operation that leaves something. */
  readonly leaves: number;
  /** The last one of the layer that may use it, which is where it can be removed. */
  readonly last: number;
  readonly later: LaterUse | undefined;
}

interface Surroundings {
  readonly earlier: readonly SharedLayer[];
  readonly base: PlanBase | undefined;
}

/** The leftovers of one manager in a layer; undefined if there are none, or they are meant to stay. */
function leavingOf(layer: SharedLayer, manager: PackageManager): Leaving | undefined {
  const { operations } = layer.layer;
  const leaves = operations.findLastIndex((operation) => leavesBehind(operation, manager));
  if (leaves < 0) return undefined;
  const text = (operation: Operation): string =>
    operation.op === "run" && typeof operation.command === "string" ? operation.command : "";
  const isMeant = operations.some(
    (operation) =>
      operation.op === "run" && operation.keepLeftovers === true && uses(text(operation), manager),
  );
  if (isMeant || operations.slice(leaves + 1).some((operation) => manager.cleans.test(text(operation)))) {
    return undefined;
  }
  const last = operations.findLastIndex(
    (operation, index) => index === leaves || (index > leaves && mayRead(operation, manager.name)),
  );
  return { leaves, last, later: laterUse(manager.name, layer) };
}

function leavesBehind(operation: Operation, manager: PackageManager): boolean {
  if (operation.op !== "run" || operation.keepLeftovers === true) return false;
  const { command } = operation;
  const line = typeof command === "string" ? command : command.join(" ");
  if (!uncleanManagers(line).includes(manager)) return false;
  const removal = cleanUpOf(operation, manager);
  return removal !== "" && !line.includes(removal);
}

function cleanLayer(
  operations: readonly PlacedOperation[],
  at: number,
  layer: SharedLayer,
  around: Surroundings,
  log: PassLog,
): readonly PlacedOperation[] {
  const start = operations.findIndex((placed) => placed.layer === at);
  const cleaned = new Map<number, { readonly managers: PackageManager[]; readonly last: number }>();
  let done = operations;
  for (const manager of packageManagers) {
    const leaving = leavingOf(layer, manager);
    if (leaving === undefined) continue;
    const source = operations[start + leaving.leaves]!.operation as RunOperation;
    const target = done[start + leaving.last]!;
    if (leaving.later !== undefined) {
      warnKept(source, manager, leaving.later, log);
      continue;
    }
    const removal = target.operation.op === "run" ? removalIn(target.operation, manager, around) : undefined;
    if (removal === undefined) {
      warnLeft(source, manager, log);
      continue;
    }
    if (removal === "") continue;
    const next = withCleanUp(target.operation as RunOperation, removal, manager);
    done = replaceAt(done, start + leaving.last, { ...target, operation: next });
    const { managers = [] } = cleaned.get(leaving.leaves) ?? {};
    cleaned.set(leaving.leaves, { managers: [...managers, manager], last: leaving.last });
  }
  for (const [index, { managers, last }] of cleaned) {
    const { command, origin } = operations[start + index]!.operation as RunOperation;
    const by = operations[start + last]!.operation.origin;
    const after = operations.slice(start + last).filter(({ operation }) => operation.op === "run");
    log.record({
      before: `run ${commandText(command)} leaves what ${managers.map((one) => one.name).join(" and ")} downloaded`,
      after: "removed in the same layer",
      rerunsOnUse: after.length,
      ...(by === undefined ? {} : { by }),
      ...(origin === undefined ? {} : { origin }),
    });
  }
  return done;
}

/**
 * The clean-up to append to a command, which cannot make it fail; undefined where there is none. Lists that a lower
 * layer keeps stay: to hide them would free nothing.
 */
function removalIn(run: RunOperation, manager: PackageManager, around: Surroundings): string | undefined {
  if (typeof run.command !== "string") return undefined;
  const keepsBelow = around.earlier.some((layer) => leavingOf(layer, manager)?.later !== undefined);
  const removal = cleanUp(manager.name, { mounted: mountedAt(run), keepLists: keepsBelow });
  const program = /^(?:if \[ "\$\()?(\w+) /.exec(removal)?.[1];
  if (program !== undefined && program !== "rm" && !startsByName(run, program)) return undefined;
  return isRoot(run.user ?? baseUser(around.base)) ? removal : `{ ${removal} || true; }`;
}

/** True when a command surely ran this program by its name alone, so that it can be run once more. */
function startsByName(run: RunOperation, program: string): boolean {
  const commands = commandsOf(run) ?? [];
  const setsPath = commands.some(({ words }) => words.some(({ text }) => text.startsWith("PATH=")));
  return !setsPath && commands.some(({ words, conditional }) => !conditional && nameOf(words) === program);
}

function nameOf(words: readonly { readonly text: string }[]): string | undefined {
  return words.find(({ text }) => !/^\w+=/.test(text))?.text;
}

function isRoot(user: string | undefined): boolean {
  return user === undefined || /^(|root|0)(:.*)?$/.test(user);
}

function baseUser(base: PlanBase | undefined): string | undefined {
  return base !== undefined && "known" in base ? base.known?.config.User : undefined;
}

/** The base from outside that a stage starts from, directly or through other stages. */
function rootBase(stages: readonly Stage[], stage: Stage): PlanBase | undefined {
  const { base } = stage;
  if (base.kind !== "stage") return base;
  const parent = stages.find(({ id }) => id === base.stage);
  return parent === undefined ? undefined : rootBase(stages, parent);
}

function warnKept(run: RunOperation, { name }: PackageManager, later: LaterUse, log: PassLog): void {
  const removal = cleanUp(name, { mounted: mountedAt(run) });
  const user = "path" in later ? `a copy of ${later.path}` : useText(later.operation);
  log.warn({
    code: "LEFTOVERS",
    message: `run ${commandText(run.command, 40)} keeps what ${name} downloaded in its layer, since ${user} may use it: write both as one step, or append "&& ${removal}" if it does not`,
    ...(run.origin === undefined ? {} : { origin: run.origin }),
  });
}

function useText(operation: Operation): string {
  const text =
    operation.op === "run" ? `run ${commandText(operation.command, 40)}` : "a function of the host";
  return operation.origin === undefined ? text : `${text} (${originText(operation.origin)})`;
}

function warnLeft(run: RunOperation, { name }: PackageManager, log: PassLog): void {
  const isArray = typeof run.command !== "string";
  const why = isArray
    ? "an array is run as it is, so nothing was added: write the command as a string"
    : "the text does not show how to run its clean-up: append it";
  log.warn({
    code: "LEFTOVERS",
    message: `run ${commandText(run.command)} leaves what ${name} downloaded in its layer; ${why} or use the ${name} recipe`,
    ...(run.origin === undefined ? {} : { origin: run.origin }),
  });
}

/**
 * Makes a step that only fetches (`apt-get update`) part of the installation right after it: its lists can be removed
 * once that is done and not before, and in a layer of their own they would stay. Only where they can be removed then.
 */
function joinFetches(
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

/** A shell that ends at the first failure. */
const ERREXIT = /\bset\s+-(\w*e|o\s+errexit)/;

/** One more command of the same step, which runs when the first succeeded. */
function appendCommand(operation: RunOperation, command: string): RunOperation {
  const first = String(operation.command).trim();
  return { ...operation, command: appended(first, command, endsAtFailure(operation)) };
}

/** True when the shell of a command ends at the first failure. */
function endsAtFailure({ command, shell }: RunOperation): boolean {
  return ERREXIT.test(String(command)) || shell.some((word) => /^-[a-z]*e/.test(word));
}

function appended(first: string, command: string, errexit: boolean): string {
  if (!errexit || isPlain(first)) return `${grouped(first)} && ${command}`;
  // In braces before an "&&" the shell would no longer end at a failure inside, and on a line of its own the command
  // would hide that a list `a && b` failed.
  const last = first.replace(/[\s;]+$/, "");
  const isCompound = /(^|[\s;])(fi|done|esac|\})$|\)$|&$/.test(last);
  const isOpen = last.includes("<<") || /#[^\n]*$/.test(last);
  return isCompound || isOpen ? `${first}\ntest $? = 0 && ${command}` : `${last} && ${command}`;
}

/**
 * A command as one part of a list. Braces keep `a || b` and `a; b` together, and a new line ends a comment or a
 * here-document.
 */
function grouped(command: string): string {
  const text = command.trim();
  return isPlain(text) ? text : `{ ${text}\n}`;
}

function isPlain(text: string): boolean {
  return /^[^\n#]*$/.test(text) && !/\|\||;|&\s*$|<</.test(text);
}
