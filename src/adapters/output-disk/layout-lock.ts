import { EnvironmentError } from "../../errors/layerwright-error.js";
import { takeLock } from "../store-dir/owned-lock.js";

/** How long a writer waits for another one. Updating an index takes milliseconds. */
const PATIENCE_SECONDS = 60;

/** Runs work while holding a lock that other processes respect. */
export async function withLock<T>(
  lock: string,
  folder: string,
  work: () => Promise<T>,
  patienceSeconds = PATIENCE_SECONDS,
): Promise<T> {
  const release = await takeLock(lock, { patienceMs: patienceSeconds * 1000 });
  if (release === undefined) {
    const parameters = { path: folder, seconds: patienceSeconds };
    throw new EnvironmentError("LAYOUT_LOCKED", parameters, { subject: lock });
  }
  try {
    return await work();
  } finally {
    release();
  }
}
