import { tarBlocks } from "../../archive/tar-blocks.js";
import { PlanError } from "../../errors/layerwright-error.js";
import { namedFunction } from "../../image/host-functions.js";
import { commandText, describeOperation, type HostRunOperation } from "../../plan/operation.js";
import type { BlobStore } from "../../ports/blob-store.js";
import { diffTrees } from "../../rootfs/difference.js";
import { toEntries, toTarItems } from "../../rootfs/entries.js";
import type { FolderNode } from "../../rootfs/tree.js";
import { whiteoutTarget } from "../../rootfs/whiteout.js";
import { carryOut, type RunContext } from "./carry-out.js";
import { checkEnd, OutputLines } from "./command-output.js";
import { type KeptChanges, keepChanges } from "./remembered-run.js";
import { changedRoot, commandRoot, type RootState, treeTar } from "./root-chain.js";
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
  const progressId = `${place} ${label}`;
  const command = commandOf(run);
  const done = await carryOut(
    {
      label,
      progressId,
      text: command,
      whole: command,
      origin: run.origin,
      key,
      inputs,
      stubs: [],
      run: () => fill(run, before, { ...context, progressId, label }),
    },
    context,
  );
  if (options.onHostLayer !== undefined) {
    const mtime = options.sourceDateEpoch ?? 0;
    options.onHostLayer(run, await storeHostLayer(run, before.tree, done.tree, mtime, store));
  }
  // What it left is a whole root file system, of which only the difference is a layer.
  const changed = changedRoot(before, done.tree, listedAt, ports);
  const layer = async () => (await changed.layers()).at(-1)!;
  return commandRoot(before, done.tree, { what: label, key: done.key }, layer);
}

async function fill(
  run: HostRunOperation,
  before: RootState,
  context: RunContext & { readonly progressId: string; readonly label: string },
): Promise<KeptChanges> {
  const { ports, options, progressId: id, label } = context;
  const report = (line: string) => ports.progress?.report({ kind: "output", id, label, line });
  const lines = new OutputLines([], report);
  const end = await ports.sandbox!.hostRun({
    wholeTar: () => treeTar(before.tree),
    command: "function" in run.command ? functionOf(run.command.function, run) : run.command,
    env: run.env ?? {},
    signal: options.signal,
    onOutput: (stream, piece) => lines.add(stream, piece),
  });
  checkEnd(end, { command: commandOf(run), origin: run.origin, output: lines.end() });
  return keepChanges(end.changes, before.tree, ports.store);
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

/** Puts the difference of two trees into the store as a plain tar that ADD can unpack. */
async function storeHostLayer(
  run: HostRunOperation,
  lower: FolderNode,
  upper: FolderNode,
  mtime: number,
  store: BlobStore,
): Promise<{ readonly digest: string; readonly size: number }> {
  const items = toEntries(diffTrees(lower, upper), lower, { mtime });
  const gone = items.map(({ entry }) => whiteoutTarget(entry.path)).find((path) => path !== undefined);
  if (gone !== undefined) {
    const reason = `removes /${gone}, and a tar that is added cannot`;
    const context = { subject: describeOperation(run), origin: run.origin };
    throw new PlanError("NOT_EXPRESSIBLE", { field: "a host command that", reason }, context);
  }
  const writer = await store.writer();
  try {
    for (const block of tarBlocks(await toTarItems(items))) writer.write(block);
    return await writer.commit();
  } catch (error) {
    await writer.discard();
    throw error;
  }
}
