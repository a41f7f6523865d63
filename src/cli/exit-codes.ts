/** The exit codes of the command, as `layerwright --help` lists them. */
export const exitCodes = {
  ok: 0,
  found: 1,
  usage: 2,
  program: 3,
  network: 4,
  integrity: 5,
  lock: 6,
  bug: 70,
  hungUp: 129,
  interrupted: 130,
  terminated: 143,
} as const;

/** What the codes mean, for the help. */
export const exitCodeText: readonly (readonly [number, string])[] = [
  [exitCodes.ok, "done"],
  [exitCodes.found, "the command ran and found something (check, doctor, diff --exit-code)"],
  [exitCodes.usage, "the command line is wrong"],
  [exitCodes.program, "the catalog, its images or this machine do not allow it"],
  [exitCodes.network, "a registry or download failed"],
  [exitCodes.integrity, "bytes are not what their digest says"],
  [exitCodes.lock, "the lock lacks an entry that the images need"],
  [exitCodes.bug, "a bug in layerwright"],
  [exitCodes.interrupted, "interrupted (143: terminated, 129: the terminal was closed)"],
];

const NETWORK = new Set(["DOWNLOAD_FAILED", "OFFLINE_MISSING"]);
/** Names on the command line that only the catalog can refuse. */
const USAGE = new Set(["LOCK_NAME_UNKNOWN"]);
const LOCK = new Set(["LOCK_INCOMPLETE", "LOCK_CERTIFICATES", "LOCK_ENCODER", "ADD_NOT_LOCKED"]);

/** The exit code that a coded error leads to, by its class and, where that says too little, by its code. */
export function exitCodeOf(error: { readonly kind: string; readonly code: string }): number {
  if (NETWORK.has(error.code)) return exitCodes.network;
  if (USAGE.has(error.code)) return exitCodes.usage;
  if (LOCK.has(error.code)) return exitCodes.lock;
  switch (error.kind) {
    case "UsageError":
      return exitCodes.usage;
    case "RegistryError":
      return exitCodes.network;
    case "IntegrityError":
      return exitCodes.integrity;
    default:
      return exitCodes.program;
  }
}
