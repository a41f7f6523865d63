import { homedir } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

/** What the place of the store depends on; the process's own by default. */
export interface LocationInput {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
  readonly home?: string;
}

/**
 * Where the store is unless the caller says otherwise: `LAYERWRIGHT_CACHE`, or `layerwright` in the user's cache
 * folder (`XDG_CACHE_HOME` or `~/.cache`; `~/Library/Caches` on macOS; `LOCALAPPDATA` on Windows). Empty variables
 * and, as the XDG specification asks, a relative `XDG_CACHE_HOME` count as unset.
 */
export function defaultStoreFolder(input: LocationInput = {}): string {
  const { env = process.env, platform = process.platform, home = homedir() } = input;
  const own = env["LAYERWRIGHT_CACHE"];
  if (own !== undefined && own !== "") return resolve(own);
  const xdg = env["XDG_CACHE_HOME"];
  if (xdg !== undefined && isAbsolute(xdg)) return join(xdg, "layerwright");
  if (platform === "darwin") return join(home, "Library", "Caches", "layerwright");
  if (platform === "win32") {
    const local = env["LOCALAPPDATA"];
    return join(
      local === undefined || local === "" ? join(home, "AppData", "Local") : local,
      "layerwright",
      "cache",
    );
  }
  return join(home, ".cache", "layerwright");
}
