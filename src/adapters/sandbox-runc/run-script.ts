/** A root file system that the script mounts: folders of layers, bottom first, by names in the script's folder. */
export interface ScriptMount {
  readonly layers: readonly string[];
  /** Where it is mounted; absolute. */
  readonly at: string;
  /** Where changes go; without it the mount is read-only. */
  readonly writable?: { readonly upper: string; readonly work: string } | undefined;
}

/** What the script does before and after it starts the runtime. */
export interface RunScript {
  /** The folder that names of layers count from. */
  readonly folder: string;
  readonly mounts: readonly ScriptMount[];
  /** Folder in memory that a tar of secrets from descriptor 3 is unpacked into. */
  readonly secrets: string | undefined;
  readonly tar: string;
  /** The command of the runtime. */
  readonly runtime: readonly string[];
  readonly root: boolean;
}

/** The exit code that says that the script failed before the command was started. */
export const SETUP_FAILED = 125;

/**
 * A shell script for a mount namespace of its own: the mounts vanish with its last process, whatever ends it. Overlay
 * options that keep parts of a change in attributes are off, so that a layer is complete in itself.
 */
export function runScript(script: RunScript): string {
  const lines = [`fail() { exit ${SETUP_FAILED}; }`, `cd ${word(script.folder)} || fail`];
  for (const mount of script.mounts) lines.push(`${mountCommand(mount, script.root)} || fail`);
  if (script.secrets !== undefined) {
    lines.push(`mount -t tmpfs -o mode=0755,size=8m tmpfs ${word(script.secrets)} || fail`);
    lines.push(
      `${word(script.tar)} -x -p --same-owner --numeric-owner -C ${word(script.secrets)} -f - <&3 || fail`,
    );
    lines.push("exec 3<&-");
  }
  lines.push(script.runtime.map(word).join(" "));
  return `${lines.join("\n")}\n`;
}

function mountCommand({ layers, at, writable }: ScriptMount, root: boolean): string {
  const [only] = layers;
  // One folder alone is no overlay.
  if (writable === undefined && layers.length === 1 && only !== undefined)
    return `mount --bind -o ro ${word(only)} ${word(at)}`;
  const options = [`lowerdir=${layers.toReversed().join(":")}`];
  if (writable !== undefined) options.push(`upperdir=${writable.upper}`, `workdir=${writable.work}`);
  else options.push("ro");
  options.push("redirect_dir=off", "index=off", "metacopy=off", "xino=off");
  if (!root) options.push("userxattr");
  return `mount -t overlay overlay -o ${word(options.join(","))} ${word(at)}`;
}

function word(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
