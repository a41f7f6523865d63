import { PlanError } from "../../errors/layerwright-error.js";
import type { PlanMount, RunOperation } from "../../plan/operation.js";
import type { SandboxMount } from "../../ports/sandbox.js";
import { applyCopy } from "../../rootfs/apply-copy.js";
import type { LayerState } from "../../rootfs/draft-tree.js";
import { DraftTree } from "../../rootfs/draft-tree.js";
import { flattenTree } from "../../rootfs/entries.js";
import { resolvePath } from "../../rootfs/resolve.js";
import { emptyTree, lookup, newFolder } from "../../rootfs/tree.js";
import { contentKey } from "../pack/layer-key.js";
import type { BuildPorts } from "../ports.js";
import { MOUNTED_FILE, type MountedTree } from "./mount-points.js";
import { changedRoot, type RootState, treeTar } from "./root-chain.js";

/** A mount as the cache key sees it, and as the sandbox does. */
export interface PreparedMount {
  /** Undefined where what is mounted cannot be named, so that nothing is remembered. */
  readonly identity: unknown;
  /** Undefined for a secret that was not passed and need not be. */
  mount(): Promise<SandboxMount | undefined>;
  /** The variable that holds the secret or the agent's socket. */
  env?(): Promise<readonly [name: string, value: string] | undefined>;
  /** The place where the command sees it; undefined where it sees nothing of it but a variable. */
  readonly at: MountedTree | undefined;
}

/** The sources that mounts are made from. */
export interface MountContext {
  readonly state: LayerState;
  readonly ports: BuildPorts;
  readonly listedAt: number;
  stageRoot(stage: string): RootState;
}

/** The path at which agents are reached in a command, as BuildKit has it. */
const AGENT = "/run/buildkit/ssh_agent";

/** Prepares the mounts of a command: lists what they give, without unpacking it yet. */
export async function prepareMounts(run: RunOperation, context: MountContext): Promise<PreparedMount[]> {
  const prepared: PreparedMount[] = [];
  let agents = 0;
  for (const mount of run.mounts ?? []) {
    if (mount.type === "bind") prepared.push(await bindMount(mount, run, context));
    else if (mount.type === "ssh") prepared.push(agentMount(mount.id ?? "default", agents++, context));
    else if (mount.type === "secret") prepared.push(secretMount(mount, run, context));
    else if (mount.type === "tmpfs") {
      const { target, sizeBytes } = mount;
      const tmpfs = { type: "tmpfs", target, ...(sizeBytes === undefined ? {} : { sizeBytes }) } as const;
      const at = { target, node: newFolder(), writable: true };
      prepared.push({ identity: tmpfs, at, mount: async () => tmpfs });
    } else {
      const { target, id = target, sharing = "shared" } = mount;
      const cache = { type: "cache", target, id, sharing } as const;
      const at = { target, node: newFolder(), writable: true };
      prepared.push({ identity: cache, at, mount: async () => cache });
    }
  }
  return prepared;
}

async function bindMount(
  { source, target, writable = false }: Extract<PlanMount, { type: "bind" }>,
  run: RunOperation,
  context: MountContext,
): Promise<PreparedMount> {
  const { ports, state, listedAt } = context;
  if (source.from === "stage") {
    const root = changedRoot(context.stageRoot(source.stage), state.stageTree(source.stage), listedAt, ports);
    const { path, node } = resolvePath(root.tree, source.path);
    if (node === undefined)
      throw new PlanError(
        "STAGE_PATH_NOT_FOUND",
        { path: source.path },
        { subject: source.path, origin: run.origin },
      );
    return {
      identity: await named(root.key(), (key) => ({ type: "stage", key, path, target, writable })),
      at: { target, node, writable },
      mount: async () => {
        const wholeTar = () => treeTar(root.tree);
        return { type: "tree", target, layers: await root.layers(), wholeTar, path, writable };
      },
    };
  }
  // As a copy of it would be, the same names are ignored; the bits are the disk's own, as BuildKit shows them.
  const draft = new DraftTree(emptyTree());
  await applyCopy({ ...state, draft }, { op: "copy", sources: [source], dest: "/source", into: false }, true);
  const tree = draft.tree;
  const key = contentKey(flattenTree(tree), listedAt, ports);
  return {
    identity: await named(key, (content) => ({ type: "context", content, target, writable })),
    at: { target, node: lookup(tree, "source") ?? newFolder(), writable },
    mount: async () => {
      const layer = await ports.sandbox!.unpack(await treeTar(tree));
      const wholeTar = () => treeTar(tree);
      return { type: "tree", target, layers: [layer], wholeTar, path: "source", writable };
    },
  };
}

async function named(key: Promise<string | undefined>, identity: (key: string) => unknown): Promise<unknown> {
  const known = await key;
  return known === undefined ? undefined : identity(known);
}

function secretMount(
  { id, target, env, required }: Extract<PlanMount, { type: "secret" }>,
  run: RunOperation,
  { ports }: MountContext,
): PreparedMount {
  // With a variable and no target there is no file, as in BuildKit.
  const file = target ?? (env === undefined ? `/run/secrets/${id}` : undefined);
  const read = async () => {
    const bytes = await ports.secrets?.secret(id);
    if (bytes === undefined && required === true)
      throw new PlanError("SECRET_MISSING", { id }, { subject: id, origin: run.origin });
    return bytes;
  };
  return {
    identity: { type: "secret", id, target: file, env },
    at: file === undefined ? undefined : { target: file, node: MOUNTED_FILE, writable: false },
    mount: async () => {
      const bytes = await read();
      if (bytes === undefined || file === undefined) return undefined;
      return { type: "secret", target: file, bytes, mode: 0o400, uid: 0, gid: 0 };
    },
    env: async () => {
      if (env === undefined) return undefined;
      const bytes = await read();
      // Where nobody passed the secret the variable is there and empty, as in BuildKit.
      return [env, bytes === undefined ? "" : Buffer.from(bytes).toString("utf8")];
    },
  };
}

function agentMount(id: string, number: number, { ports }: MountContext): PreparedMount {
  const target = `${AGENT}.${number}`;
  return {
    identity: { type: "ssh", id },
    at: { target, node: MOUNTED_FILE, writable: false },
    mount: async () => {
      const hostPath = ports.secrets?.agent(id);
      return hostPath === undefined ? undefined : { type: "socket", target, hostPath };
    },
    env: async () =>
      number > 0 || ports.secrets?.agent(id) === undefined ? undefined : ["SSH_AUTH_SOCK", target],
  };
}
