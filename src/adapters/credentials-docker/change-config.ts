import {
  chmodSync,
  closeSync,
  fchownSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { EnvironmentError, isLayerwrightError } from "../../errors/layerwright-error.js";
import { placeOf, removeDeadTemps, TEMP_PREFIX } from "../output-disk/atomic-file.js";
import { withLock } from "../output-disk/layout-lock.js";
import { newOwnedName } from "../store-dir/owner-mark.js";
import { type ConfigFile, parseConfigFile } from "./config-file.js";

/** A change takes milliseconds; only its helper may have to wait for somebody, and that is not done under the lock. */
const PATIENCE_SECONDS = 30;

/**
 * Changes a file of credentials, which is then readable for its owner alone. Other processes that change it in this
 * way wait, and a reader sees the file before or after. Where the file is a link, what it leads to is changed.
 *
 * @throws {EnvironmentError} CREDENTIALS_INVALID, CREDENTIALS_UNREADABLE, CREDENTIALS_UNWRITABLE, CREDENTIALS_LOCKED
 */
export async function changeConfig(
  path: string,
  change: (file: ConfigFile) => string,
  patienceSeconds = PATIENCE_SECONDS,
): Promise<void> {
  try {
    const place = placeOf(path);
    mkdirSync(dirname(place), { recursive: true, mode: 0o700 });
    const work = async (): Promise<void> => {
      const text = readIfThere(place);
      const changed = change(parseConfigFile(path, text));
      if (changed !== text) replace(place, changed);
    };
    await withLock(`${place}.lock`, path, work, patienceSeconds);
  } catch (error) {
    throw changeError(error, path, patienceSeconds);
  }
}

function readIfThere(place: string): string {
  try {
    return readFileSync(place, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

function replace(place: string, text: string): void {
  const folder = dirname(place);
  removeDeadTemps(folder);
  const temp = join(folder, TEMP_PREFIX + newOwnedName());
  try {
    const fd = openSync(temp, "wx", 0o600);
    try {
      keepOwner(fd, place);
      writeFileSync(fd, text);
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    // Whatever the umask took away.
    chmodSync(temp, 0o600);
    renameSync(temp, place);
  } catch (error) {
    rmSync(temp, { force: true });
    throw error;
  }
}

/** Under sudo, the file of the user stays the user's. */
function keepOwner(fd: number, place: string): void {
  const stat = statSync(place, { throwIfNoEntry: false });
  if (stat === undefined || process.geteuid?.() !== 0 || (stat.uid === 0 && stat.gid === 0)) return;
  fchownSync(fd, stat.uid, stat.gid);
}

function changeError(error: unknown, path: string, seconds: number): unknown {
  if (isLayerwrightError(error)) {
    if (error.code !== "LAYOUT_LOCKED") return error;
    const lock = error.subject ?? `${path}.lock`;
    return new EnvironmentError(
      "CREDENTIALS_LOCKED",
      { path, lock, seconds },
      { subject: path, cause: error },
    );
  }
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  return new EnvironmentError(
    "CREDENTIALS_UNWRITABLE",
    { path, reason: code },
    { subject: path, cause: error },
  );
}
