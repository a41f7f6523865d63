import { homedir } from "node:os";
import { join } from "node:path";

/** What the places of files of credentials depend on; the process's own by default. */
export interface PlacesInput {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly platform?: NodeJS.Platform;
  readonly home?: string;
  readonly uid?: number | undefined;
}

/** Docker's file: the one that a login writes to. */
export function dockerConfigPath(input: PlacesInput = {}): string {
  const { env = process.env, home = homedir() } = input;
  return join(env["DOCKER_CONFIG"] || join(home, ".docker"), "config.json");
}

/**
 * The files that may know a credential, in the order that they are believed. Docker's goes first: a login of
 * layerwright goes there, and must count over what podman knew before. Of podman's, the file that a variable names
 * stands for all of them, as with podman itself; else the one of this session goes before the one that outlives it.
 */
export function configPlaces(input: PlacesInput = {}): readonly string[] {
  const {
    env = process.env,
    platform = process.platform,
    home = homedir(),
    uid = process.getuid?.(),
  } = input;
  const docker = dockerConfigPath(input);
  if (platform === "win32") return [docker];
  const named = env["REGISTRY_AUTH_FILE"];
  if (named) return [docker, named];
  const runtime = env["XDG_RUNTIME_DIR"];
  const session = runtime ? join(runtime, "containers") : `/run/containers/${uid ?? 0}`;
  const lasting = join(env["XDG_CONFIG_HOME"] || join(home, ".config"), "containers");
  const folders = platform === "linux" || runtime ? [session, lasting] : [lasting];
  return [docker, ...folders.map((folder) => join(folder, "auth.json"))];
}
