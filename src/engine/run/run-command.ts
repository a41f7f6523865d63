import { PlanError } from "../../errors/layerwright-error.js";
import type { CleanedCommand, RunOperation } from "../../plan/operation.js";
import { commandText } from "../../plan/operation.js";
import { areApart, isUnaffected } from "../../plan/passes/later-use.js";
import type { RootChanges, RootLayer, Sandbox, SandboxMount } from "../../ports/sandbox.js";
import { resolvePath } from "../../rootfs/resolve.js";
import type { RunContext } from "./carry-out.js";
import { carryOut } from "./carry-out.js";
import { checkEnd, OutputLines } from "./command-output.js";
import { type MountPoints, mountPoints } from "./mount-points.js";
import { freedBytes, keepChanges } from "./remembered-run.js";
import { changedRoot, cleanedRoot, commandRoot, type RootState, treeTar, type Unseen } from "./root-chain.js";
import { runInputs } from "./run-inputs.js";
import { type PreparedMount, prepareMounts } from "./run-mounts.js";
import {
  checkVariable,
  commandArgs,
  commandEnv,
  commandFolder,
  knowAccounts,
  type ProcessUser,
  processUser,
  runKey,
} from "./run-spec.js";

/**
 * Runs a command on a draft, or recalls what it did when nothing that it depends on has changed. A clean-up that does
 * the same in a process of its own is a command of its own: the one before it has the same key with and without it.
 */
export async function runCommand(run: RunOperation, context: RunContext): Promise<RootState> {
  const { cleaned, ...rest } = run;
  if (cleaned?.apart === undefined) return runOne(run, context);
  const root = await runOne({ ...rest, command: cleaned.written }, context);
  const { workdir = run.workdir } = cleaned.apart;
  const cleanUp = { ...rest, command: cleaned.cleanUp, ...(workdir === undefined ? {} : { workdir }) };
  const after = { ...context, root, since: [], place: `${context.place} clean-up` };
  return runOne(cleanUp, after, cleaned);
}

/** @param cleaned set where the command is the clean-up of another one */
async function runOne(run: RunOperation, context: RunContext, cleaned?: CleanedCommand): Promise<RootState> {
  const { state, ports, config, listedAt, platform } = context;
  const { store } = ports;
  const { draft } = state;
  const sandbox = ports.sandbox;
  if (sandbox === undefined) throw new TypeError("a plan with commands was let through without a sandbox");
  const cwd = commandFolder(run, config);
  makeFolder(context, cwd);
  const before = changedRoot(context.root, draft.snapshot(), listedAt, ports, context.since);
  await knowAccounts(before.tree, store);
  const user = await processUser(before.tree, run.user ?? config.User ?? "", run.origin);
  const mounts = await prepareMounts(run, context);
  const env = commandEnv(run, config, user);
  // What is remembered does not depend on where the network comes from.
  const network = run.network === "none" ? "none" : "host";
  const unseen: Unseen = ({ managers }) =>
    cleaned === undefined ? isUnaffected(run, cwd, managers) : areApart(cleaned.managers, managers);
  const key = await keyOf(
    await before.key(unseen),
    mounts,
    { cwd, network, args: commandArgs(run), env: [...env], user },
    context,
  );
  const rest = {
    "the working directory": cwd,
    "the user": user,
    "the network": network,
    "the platform": platform,
  };
  const mounted = Object.fromEntries(
    mounts.map(({ at, identity }) => [`the mount at ${at?.target}`, identity]),
  );
  const inputs = runInputs(await before.inputs(unseen), commandArgs(run), env, { ...rest, ...mounted });
  const placed = mounts.flatMap(({ at }) => at ?? []);
  const points = mountPoints(before.tree, placed, cwd, run.origin);
  const label =
    cleaned === undefined
      ? `run ${commandText(run.command)}`
      : `clean up after ${commandText(cleaned.written)}`;
  const progressId = `${run.origin?.file}:${run.origin?.line}:${key ?? commandText(run.command)}`;
  const start = { sandbox, before, mounts, points, env, user, label, progressId } as const;
  let ran: RootLayer | undefined;
  const done = await carryOut(
    {
      label,
      progressId,
      text: commandText(run.command),
      whole: commandText(run.command, Number.POSITIVE_INFINITY),
      origin: run.origin,
      key,
      inputs,
      stubs: points.stubs,
      async run() {
        const changes = await runNow(run, start, context);
        ran = changes.layer;
        return keepChanges(changes, before.tree, store);
      },
    },
    context,
  );
  // What was remembered is unpacked only when another command has to run on it.
  const layer = async () =>
    (done.own ? ran : undefined) ??
    sandbox.unpack(store.read(done.kept.digest, { size: done.kept.index.size }));
  context.onFreed?.(freedBytes(before.tree, done.tree, draft.lower));
  const input = { what: label, key: done.key };
  if (cleaned === undefined) return commandRoot(before, done.tree, input, layer, unseen);
  return cleanedRoot(before, done.tree, { ...input, managers: cleaned.managers }, layer);
}

interface Start {
  readonly sandbox: Sandbox;
  readonly before: RootState;
  readonly mounts: readonly PreparedMount[];
  readonly points: MountPoints;
  readonly env: ReadonlyMap<string, string>;
  readonly user: ProcessUser;
  readonly label: string;
  readonly progressId: string;
}

async function runNow(
  run: RunOperation,
  start: Start,
  { ports, options, cleaned }: RunContext,
): Promise<RootChanges> {
  const { sandbox, before, progressId, label } = start;
  const mounts: SandboxMount[] = [];
  const env = new Map(start.env);
  const secrets: Uint8Array[] = [];
  const { cwd, systemFiles, stubs, targets } = start.points;
  let placed = 0;
  for (const prepared of start.mounts) {
    const mount = await prepared.mount();
    const target = prepared.at === undefined ? undefined : targets[placed++];
    if (mount !== undefined) mounts.push({ ...mount, target: target ?? mount.target });
    if (mount?.type === "secret") secrets.push(mount.bytes);
    const variable = await prepared.env?.();
    // What the step says of a variable comes last, as the shell of a Dockerfile's line sets it.
    if (variable === undefined || run.stepEnv?.[variable[0]] !== undefined) continue;
    checkVariable(...variable, run);
    env.set(...variable);
    secrets.push(Buffer.from(variable[1]));
  }
  const lines = new OutputLines(secrets, (line) =>
    ports.progress?.report({ kind: "output", id: progressId, label, line }),
  );
  const { uid, gid, groups } = start.user;
  const network = run.network ?? "default";
  if (network === "default") await warnOfHostNetwork(sandbox, ports);
  const end = await sandbox.run({
    layers: await before.layers(),
    top: { mode: before.tree.mode, uid: before.tree.uid, gid: before.tree.gid },
    wholeTar: () => treeTar(before.tree),
    args: commandArgs(run),
    env: Array.from(env, ([name, value]) => `${name}=${value}`),
    cwd,
    systemFiles,
    user: { uid, gid, groups },
    network,
    mounts,
    stubs,
    origin: run.origin,
    timeoutMs: run.timeout === undefined ? undefined : run.timeout * 1000,
    signal: options.signal,
    onOutput: (stream, piece) => lines.add(stream, piece),
  });
  const about = {
    command: commandText(run.command),
    origin: run.origin,
    seconds: run.timeout,
    ...(cleaned === undefined ? {} : { cleaned }),
  };
  checkEnd(end, { ...about, output: lines.end() });
  return end.changes;
}

/** Says once that commands that ask for no network have the machine's. */
async function warnOfHostNetwork(sandbox: Sandbox, { progress }: RunContext["ports"]): Promise<void> {
  if (!(await sandbox.isFirstOnHostNetwork())) return;
  const message =
    'commands use this machine\'s network: install slirp4netns or pasta for one of their own, or say network: "host" or "none"';
  progress?.report({ kind: "warn", message });
}

async function keyOf(
  root: string | undefined,
  mounts: readonly PreparedMount[],
  parts: Readonly<Record<string, unknown>>,
  { platform }: RunContext,
): Promise<string | undefined> {
  const identities = mounts.map(({ identity }) => identity);
  if (root === undefined || identities.includes(undefined)) return undefined;
  return runKey(root, { ...parts, platform, mounts: identities });
}

/** The directory that a command starts in comes into being with it, as a builder makes it. */
function makeFolder({ state }: RunContext, path: string): void {
  const { draft } = state;
  const { path: real, node, blockedBy } = resolvePath(draft.tree, path);
  if (node?.type === "folder" || real === "") return;
  if (node !== undefined || blockedBy !== undefined)
    throw new PlanError(
      "DEST_NOT_FOLDER",
      { source: "workdir", dest: path, found: "file" },
      { subject: path },
    );
  draft.writable(real);
}
