import { chmodSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { tarBlocks } from "../../archive/tar-blocks.js";
import type { TarItem } from "../../archive/tar-entry.js";
import type { SandboxMount, SandboxRun } from "../../ports/sandbox.js";
import type { HostTools } from "./host-tools.js";
import { AWAIT_NETWORK } from "./private-network.js";
import {
  DEVICES,
  type NetworkKind,
  type RuntimeMount,
  runCommand,
  runtimeConfig,
  writeNetworkFiles,
} from "./runtime-config.js";

/** What a bundle is laid out for. */
export interface BundleInput {
  readonly request: SandboxRun;
  readonly network: NetworkKind;
  /** The files by which the command joins its group of processes. */
  readonly joins: readonly string[];
  readonly tools: HostTools;
  /** An empty directory for all that the runtime needs. */
  readonly folder: string;
  /** Where the command's changes go, or where it runs itself when the root file system was copied there. */
  readonly layer: string;
  readonly overlay: boolean;
  /** The directories of the cache mounts, by id. */
  readonly caches: ReadonlyMap<string, string>;
  /** The directories of trees that were copied, where they cannot be laid together. */
  readonly copies: ReadonlyMap<SandboxMount, string>;
  /** True when the runtime and the kernel filter system calls. */
  readonly filter: boolean;
  /** The name of the container; no other on this machine has it. */
  readonly name: string;
}

/** A bundle that is ready to be run. */
export interface Bundle {
  readonly script: string;
  /** The tar that the script reads from descriptor 3: what must never be on a disk. */
  readonly inMemory: Iterable<Uint8Array>;
  /** What the runtime knows of its container. */
  readonly state: string;
  readonly setupLog: string;
  readonly runtimeLog: string;
}

/** Lays out the bundle of the runtime (OCI runtime-spec bundle.md), with the script that runs it. */
export function layBundle(input: BundleInput): Bundle {
  const { request, network, joins, tools, folder, layer, overlay, caches, copies, filter, name } = input;
  const bundle = new BundleFolder(folder);
  // The runtime goes through it as the command's user.
  chmodSync(folder, 0o711);
  const rootfs = bundle.make("rootfs");
  const root: ScriptMount = overlay
    ? {
        layers: request.layers.map(({ id }) => bundle.link(id)),
        at: rootfs,
        writable: bundle.writable("", layer),
      }
    : { layers: [bundle.link(layer)], at: rootfs, writable: "itself" };
  const mounts = bundleMounts(request.mounts, caches, copies, bundle);
  writeNetworkFiles(folder, network);
  const config = runtimeConfig(
    { ...request, network, rootfs, files: folder, devices: bundle.memory, mounts: mounts.runtime, filter },
    tools,
  );
  // crun keeps a copy of the config there. What runc keeps has nothing of the command, and ends what was killed.
  const state = tools.runtimeName === "crun" ? join(bundle.memory, "state") : bundle.make("state");
  const places = { folder: bundle.memory, state, log: join(folder, "runtime.log"), name };
  const setupLog = join(folder, "setup.log");
  const script = runScript({
    tools,
    folder: bundle.links,
    mounts: [root, ...mounts.script],
    memory: bundle.memory,
    network: network === "private",
    joins,
    setupLog,
    runtime: runCommand(tools, places),
  });
  const inMemory = memoryTar(JSON.stringify(config), request.mounts, tools.root);
  return { script, inMemory, state, setupLog, runtimeLog: places.log };
}

/**
 * The directory of one command. Layers have short names in it, as links: the kernel takes one page of options for a
 * mount, and a root file system may be laid together from hundreds of layers.
 */
export class BundleFolder {
  readonly path: string;
  /** The directory that the names of `link` count from. */
  readonly links: string;
  /** A directory that the script mounts in memory for itself: nothing in it is ever on a disk, and it goes with the script. */
  readonly memory: string;
  readonly #names = new Map<string, string>();

  constructor(path: string) {
    this.path = path;
    this.links = this.make("l");
    this.memory = this.make("memory");
  }

  /** A new empty directory in it. */
  make(name: string): string {
    const path = join(this.path, name);
    mkdirSync(path);
    // Whatever the umask is: commands of any user look into it.
    chmodSync(path, 0o755);
    return path;
  }

  /** A short name for a directory, counted from `links`. */
  link(folder: string): string {
    const known = this.#names.get(folder);
    if (known !== undefined) return known;
    const name = this.#names.size.toString(36);
    symlinkSync(folder, join(this.links, name));
    this.#names.set(folder, name);
    return name;
  }

  /** Where an overlay puts what is written to it: a directory for changes, made here unless given, and one for itself. */
  writable(name: string, upper: string = this.make(`upper${name}`)): { upper: string; work: string } {
    return { upper: this.link(upper), work: this.link(this.make(`work${name}`)) };
  }
}

/** The mounts of a command: what the script mounts beforehand, and what the runtime binds into the root. */
export interface BundleMounts {
  readonly script: readonly ScriptMount[];
  readonly runtime: readonly RuntimeMount[];
}

/**
 * Lays out the mounts of a command in its bundle.
 *
 * @param caches the directories of the cache mounts, by id
 * @param copies the directories of trees that were copied, where they cannot be laid together
 */
export function bundleMounts(
  mounts: readonly SandboxMount[],
  caches: ReadonlyMap<string, string>,
  copies: ReadonlyMap<SandboxMount, string>,
  bundle: BundleFolder,
): BundleMounts {
  const script: ScriptMount[] = [];
  const runtime: RuntimeMount[] = [];
  const bind = (destination: string, source: string, options: readonly string[] = []) =>
    void runtime.push({ destination, type: "bind", source, options: ["rbind", "nodev", ...options] });
  for (const [index, mount] of mounts.entries()) {
    if (mount.type === "tree") {
      const copied = copies.get(mount);
      if (copied !== undefined) {
        bind(mount.target, join(copied, mount.path), mount.writable ? [] : ["ro"]);
        continue;
      }
      const at = bundle.make(`tree${index}`);
      const writable = mount.writable ? bundle.writable(`${index}`) : undefined;
      script.push({ layers: mount.layers.map(({ id }) => bundle.link(id)), at, writable });
      bind(mount.target, join(at, mount.path), mount.writable ? [] : ["ro"]);
    } else if (mount.type === "cache") bind(mount.target, caches.get(mount.id)!);
    else if (mount.type === "tmpfs") {
      const size = mount.sizeBytes === undefined ? [] : [`size=${mount.sizeBytes}`];
      const options = ["nosuid", "nodev", "mode=1777", ...size];
      runtime.push({ destination: mount.target, type: "tmpfs", source: "tmpfs", options });
    } else if (mount.type === "secret") bind(mount.target, join(bundle.memory, `${index}`), ["ro"]);
    else bind(mount.target, mount.hostPath);
  }
  return { script, runtime };
}

/** A root file system that the script mounts: directories of layers, bottom first, by names in the script's directory. */
export interface ScriptMount {
  readonly layers: readonly string[];
  /** Where it is mounted; absolute. */
  readonly at: string;
  /** The place of changes, which may be a single directory itself; without it the mount is read-only. */
  readonly writable?: { readonly upper: string; readonly work: string } | "itself" | undefined;
}

/** What the script does before it starts the runtime. */
export interface RunScript {
  readonly tools: HostTools;
  /** The directory that names of layers count from. */
  readonly folder: string;
  readonly mounts: readonly ScriptMount[];
  /** Folder that is mounted in memory, and that a tar from descriptor 3 is unpacked into. */
  readonly memory: string;
  /** True when it waits for a network of its own. */
  readonly network: boolean;
  /** The files by which it joins its group of processes. */
  readonly joins: readonly string[];
  /** The file that what fails before the runtime is started is written to; empty when all is ready. */
  readonly setupLog: string;
  /** The command of the runtime. */
  readonly runtime: readonly string[];
}

/**
 * A shell script for a mount namespace of its own: the mounts vanish with its last process, whatever ends it.
 */
export function runScript({
  tools,
  folder,
  mounts,
  memory,
  network,
  joins,
  setupLog,
  runtime,
}: RunScript): string {
  const mount = word(tools.mount);
  const setup = [
    // Where the kernel does not let it in, it runs without the limit, as on a machine that has none.
    ...joins.map((file) => `{ { echo 0 >${word(file)}; } 2>/dev/null || :; }`),
    `cd ${word(folder)}`,
    ...mounts.map((one) => `${mount} ${mountOptions(one, tools.root)}`),
  ];
  setup.push(`${mount} -t tmpfs -o nosuid,mode=0755,size=64m tmpfs ${word(memory)}`);
  setup.push(`${word(tools.tar)} -x -p --same-owner --numeric-owner -C ${word(memory)} -f - <&3`);
  // Without cgroups crun does not care how this machine has them, if it does not see them either.
  const hide = tools.runtimeName === "crun" ? `${mount} -t tmpfs tmpfs /sys/fs/cgroup 2>/dev/null\n` : "";
  const log = word(setupLog);
  return [
    ...(network ? [AWAIT_NETWORK] : []),
    `{ ${setup.join(" && ")}; } 2>${log} || { echo failed >>${log}; exit 1; }`,
    "exec 3<&-",
    `: >${log}`,
    `${hide}exec ${runtime.map(word).join(" ")}`,
    "",
  ].join("\n");
}

function mountOptions({ layers, at, writable }: ScriptMount, root: boolean): string {
  const [only] = layers;
  // A device in it does nothing, whoever made it.
  if (writable === "itself" && only !== undefined) return `--bind -o nodev ${word(only)} ${word(at)}`;
  // One directory alone is no overlay.
  if (writable === undefined && layers.length === 1 && only !== undefined)
    return `--bind -o ro,nodev ${word(only)} ${word(at)}`;
  const options = [`lowerdir=${layers.toReversed().join(":")}`];
  if (typeof writable === "object") options.push(`upperdir=${writable.upper}`, `workdir=${writable.work}`);
  else options.push("ro");
  options.push("nodev");
  options.push(...overlayOptions(root));
  return `-t overlay overlay -o ${word(options.join(","))} ${word(at)}`;
}

/** Nothing of a change is kept in attributes, so that a layer is complete in itself. */
export function overlayOptions(root: boolean): readonly string[] {
  // An ordinary user's attributes rule redirects out, and may not be given together with the option.
  return ["index=off", "metacopy=off", "xino=off", root ? "redirect_dir=off" : "userxattr"];
}

function word(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/**
 * The files that a run must never leave on a disk, as a tar that goes through a pipe into memory: the runtime's config, since a
 * secret may be a variable, and the secrets that are files, each under its place among the mounts. Root's devices come
 * along: they are the command's own, so it may change their modes.
 */
export function* memoryTar(
  config: string,
  mounts: readonly SandboxMount[],
  root: boolean,
): Iterable<Uint8Array> {
  const items = [fileItem("config.json", Buffer.from(config), { mode: 0o600, uid: 0, gid: 0 })];
  for (const [name, devmajor, devminor] of root ? DEVICES : []) {
    const type = "character-device" as const;
    const attributes = { mode: 0o666, uid: 0, gid: 0, size: 0, mtime: 0 };
    items.push({ entry: { type, path: name, devmajor, devminor, ...attributes } });
  }
  for (const [index, mount] of mounts.entries()) {
    if (mount.type !== "secret") continue;
    items.push(fileItem(`${index}`, mount.bytes, mount));
  }
  // A copy of each block: the pipe may hold it for longer than until the next one.
  for (const block of tarBlocks(items)) yield Buffer.from(block);
}

function fileItem(
  path: string,
  bytes: Uint8Array,
  { mode, uid, gid }: { readonly mode: number; readonly uid: number; readonly gid: number },
): TarItem {
  const entry = { type: "file", path, mode, uid, gid, size: bytes.length, mtime: 0 } as const;
  return { entry, content: { kind: "bytes", bytes } };
}
