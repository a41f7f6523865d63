import type { Origin } from "../errors/origin.js";

/**
 * One layer of a root file system, unpacked on this machine. Only the sandbox knows where and how; it stays for as long
 * as the sandbox is open, and longer when it has a key.
 */
export interface RootLayer {
  readonly id: string;
}

/**
 * The mounts that a command sees beside its root file system, and that never becomes part of a layer. Targets are
 * absolute.
 */
export type SandboxMount =
  | { readonly type: "tmpfs"; readonly target: string; readonly sizeBytes?: number }
  | {
      readonly type: "cache";
      readonly target: string;
      readonly id: string;
      readonly sharing: "shared" | "private" | "locked";
    }
  | {
      readonly type: "tree";
      readonly target: string;
      /** The root file system that the tree is in, bottom first. */
      readonly layers: readonly RootLayer[];
      /** All of it as one tar, for a machine that cannot lay directories over each other. */
      readonly wholeTar: () => Promise<Iterable<Uint8Array>>;
      /** The path in it, without a slash at its start; empty for all of it. */
      readonly path: string;
      /** True when the command may write there; what it writes is dropped. */
      readonly writable: boolean;
    }
  | {
      /** A small file that must never reach a disk. */
      readonly type: "secret";
      readonly target: string;
      readonly bytes: Uint8Array;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    }
  | { readonly type: "socket"; readonly target: string; readonly hostPath: string };

/** A command and all that it sees. */
export interface SandboxRun {
  /** The root file system, bottom first. */
  readonly layers: readonly RootLayer[];
  /** The attributes of its top directory, which no layer needs to state. */
  readonly top: { readonly mode: number; readonly uid: number; readonly gid: number };
  /**
   * The whole root file system as one tar, for a machine that cannot lay directories over each other. Asked for only
   * there.
   */
  readonly wholeTar: () => Promise<Iterable<Uint8Array>>;
  readonly args: readonly string[];
  readonly env: readonly string[];
  /** The directory that it starts in. As the targets of mounts, a real path: no link of the image is in it. */
  readonly cwd: string;
  /** The real paths of `/etc/resolv.conf` and `/etc/hosts` in the root file system. */
  readonly systemFiles: { readonly resolvConf: string; readonly hosts: string };
  readonly user: { readonly uid: number; readonly gid: number; readonly groups: readonly number[] };
  /** `default` is a network of its own that reaches out of the machine; the machine's where there can be none. */
  readonly network: "none" | "host" | "default";
  readonly mounts: readonly SandboxMount[];
  /** Paths that the root file system lacks and that are made to mount something there, the deepest first. */
  readonly stubs: readonly string[];
  /** The user's line, for what is refused. */
  readonly origin?: Origin | undefined;
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Told each piece of what the command prints, as it comes. */
  readonly onOutput: (stream: "stdout" | "stderr", piece: Uint8Array) => void;
}

/** The end of a command. */
export interface SandboxEnd {
  readonly exitCode: number;
  readonly timedOut: boolean;
  /** The changes of the command; of no use after a failure. */
  readonly changes: RootChanges;
}

/** The difference that a command made, without the stubs that it left alone. */
export interface RootChanges {
  /** The same as a layer on those that the command ran on. */
  readonly layer: RootLayer;
  /**
   * Writes the difference as a tar in the form of overlayfs: a character device 0:0 hides what is below, a directory
   * with the attribute `trusted.overlay.opaque` or `user.overlay.opaque` hides all that is in it.
   */
  read(sink: (chunk: Uint8Array) => void): Promise<void>;
  /** Every path that is there now, where deletions are not part of the tar; else undefined. */
  readonly present?: ReadonlySet<string> | undefined;
}

/** Tools of this machine that fill a root file system. */
export interface HostRun {
  /** The root file system before, as one tar. */
  readonly wholeTar: () => Promise<Iterable<Uint8Array>>;
  /** A program with its arguments, in which `{root}` is the directory; or a function. */
  readonly command: readonly string[] | ((root: string) => void | Promise<void>);
  readonly env: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  readonly onOutput: (stream: "stdout" | "stderr", piece: Uint8Array) => void;
}

/** Runs commands in root file systems, apart from the host. */
export interface Sandbox {
  /** Throws `RUN_NEEDS_SANDBOX`, with what was looked for, when this machine cannot run commands. */
  check(command: string, count: number): Promise<void>;
  /** True when this machine has a program of the name, for a host command. */
  hasProgram(name: string): boolean;
  /**
   * True when this machine runs programs that begin with these bytes by an interpreter, such as an emulator of another
   * processor, in every root file system.
   */
  interprets(start: Uint8Array): boolean;
  /** True the first time that it is asked, where `network: "default"` is the machine's network. */
  isFirstOnHostNetwork(): Promise<boolean>;
  /** The layer that was kept under a key, if it is still there. */
  find(key: string): Promise<RootLayer | undefined>;
  /**
   * Unpacks a tar in the form of `RootChanges.read` as a layer.
   *
   * @param key keeps it for later builds; the same key always stands for the same content
   */
  unpack(tar: Iterable<Uint8Array> | AsyncIterable<Uint8Array>, key?: string): Promise<RootLayer>;
  run(request: SandboxRun): Promise<SandboxEnd>;
  /** Lets tools of this machine change a copy of a root file system. */
  hostRun(request: HostRun): Promise<SandboxEnd>;
  /** Removes layers without a key that nobody needs any more. The removal may go on when this returns. */
  release(layers: readonly RootLayer[]): Promise<void>;
  /** Removes every layer without a key, and whatever else is temporary. */
  close(): Promise<void>;
}

/** Gives commands their secrets. What it gives is never stored, shown or hashed. */
export interface SecretSource {
  /** The bytes of a secret; undefined when nobody passed one of this id. */
  secret(id: string): Promise<Uint8Array | undefined>;
  /** The path of an SSH agent's socket; undefined when none was passed. */
  agent(id: string): string | undefined;
}
