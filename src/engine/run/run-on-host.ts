import { sha256Hex } from "../../core/sha256.js";
import { PlanError, StepError } from "../../errors/layerwright-error.js";
import { namedFunction } from "../../image/host-functions.js";
import { commandText, describeOperation } from "../../plan/describe.js";
import type { HostRunOperation } from "../../plan/operation.js";
import { applyChanges } from "./apply-changes.js";
import { storeHostLayer } from "./host-layer.js";
import { OutputLines } from "./output-lines.js";
import { type KeptChanges, keepChanges, recallChanges, rememberChanges } from "./remembered-run.js";
import { changedRoot, commandRoot, type RootState, treeTar } from "./root-chain.js";
import type { RunContext } from "./run-command.js";
import { noteInputs, reasonsToRun, WouldRun } from "./run-forecast.js";
import { runInputs } from "./run-inputs.js";
import { runKey } from "./run-spec.js";

/** Lets tools of this machine change a draft, or recalls what they did. */
export async function runOnHost(run: HostRunOperation, context: RunContext): Promise<RootState> {
  const { state, ports, options, listedAt, place, platform } = context;
  const { store } = ports;
  const { draft } = state;
  const before = changedRoot(context.root, draft.snapshot(), listedAt, ports, context.since);
  const args = "function" in run.command ? [`function ${run.command.function}`] : run.command;
  const rest = { "the key": run.key ?? "", "the platform": platform };
  const env = new Map(Object.entries(run.env ?? {}));
  const inputs = runInputs(await before.inputs(), args, env, rest);
  const root = await before.key();
  const key = root === undefined ? undefined : runKey(root, { host: args, env: [...env], ...rest });
  const label = describeOperation(run);
  const again = options.cache === false || options.rerun?.(commandOf(run)) === true;
  const known = key === undefined || again ? undefined : await recallChanges(key, store);
  if (options.forecast !== undefined) {
    const reasons = known === undefined ? await reasonsToRun(place, inputs, store) : [];
    options.forecast({ command: commandOf(run), origin: run.origin, runs: known === undefined, reasons });
    if (known === undefined) throw new WouldRun(label);
  }
  const progressId = `${place} ${label}`;
  ports.progress?.report({ kind: "start", id: progressId, label });
  const kept = known ?? (await fill(run, before, { ...context, progressId, label }));
  context.onOpen(() => kept.close());
  if (options.forecast === undefined) await noteInputs(place, inputs, store);
  const present = kept.present === undefined ? undefined : new Set(kept.present);
  const unchanged = await applyChanges(draft, { ...kept, present, stubs: [] });
  if (known === undefined && key !== undefined) await rememberChanges(key, kept, unchanged, store);
  ports.progress?.report({ kind: "finish", id: progressId, label, cached: known !== undefined });
  if (options.onHostLayer !== undefined) {
    const mtime = options.sourceDateEpoch ?? 0;
    options.onHostLayer(run, await storeHostLayer(run, before.tree, draft.tree, mtime, store));
  }
  // What it left is a whole root file system, of which only the difference is a layer.
  const changed = changedRoot(before, draft.snapshot(), listedAt, ports);
  const layer = async () => (await changed.layers()).at(-1)!;
  // By what it left: a command that ran again may leave something else, and what follows has to see that.
  const left = key === undefined ? undefined : sha256Hex(`${key}\n${kept.digest}`);
  return commandRoot(before, draft.snapshot(), { what: label, key: left }, layer);
}

async function fill(
  run: HostRunOperation,
  before: RootState,
  context: RunContext & { readonly progressId: string; readonly label: string },
): Promise<KeptChanges> {
  const { ports, options, progressId: id, label } = context;
  const report = (line: string) => ports.progress?.report({ kind: "output", id, label, line });
  const lines = new OutputLines([], report);
  const command = commandOf(run);
  const about = { subject: command, origin: run.origin };
  const end = await ports.sandbox!.hostRun({
    wholeTar: () => treeTar(before.tree),
    command: "function" in run.command ? functionOf(run.command.function, run) : run.command,
    env: run.env ?? {},
    signal: options.signal,
    onOutput: (stream, piece) => lines.add(stream, piece),
  });
  const output = lines.end();
  if (end.exitCode !== 0) {
    const { exitCode } = end;
    throw new StepError("RUN_FAILED", { command, exitCode, output }, { ...about, command, output, exitCode });
  }
  const present = end.changes.present === undefined ? undefined : [...end.changes.present];
  return keepChanges((sink) => end.changes.read(sink), present, ports.store);
}

function functionOf(name: string, run: HostRunOperation): (root: string) => void | Promise<void> {
  const found = namedFunction(name);
  if (found === undefined)
    throw new PlanError("HOST_FUNCTION_ELSEWHERE", undefined, { subject: "hostRun", origin: run.origin });
  return (root) => found({ root });
}

function commandOf({ command }: HostRunOperation): string {
  return "function" in command ? "a function" : commandText(command, 200);
}
