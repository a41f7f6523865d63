import type { Mode } from "../../image/mode.js";
import { modeAfter } from "../../image/mode.js";
import type { Ids } from "../owners.js";

/** How a copy changes what it copies. */
export interface CopyRules {
  /** Undefined: files of a context are root's, files of a stage keep their owner. */
  readonly ids: Ids | undefined;
  readonly mode: Mode | undefined;
  /** Takes all permission bits of a context from the disk: a mount shows its files as they are. */
  readonly asOnDisk?: boolean;
}

/**
 * The mode of something from a context. The disk's own bits depend on the umask of whoever checked the files out,
 * so only "the owner may execute it" is taken from them.
 */
export function contextMode(rules: CopyRules, type: "file" | "folder", onDisk: number): number {
  if (rules.asOnDisk === true) return onDisk;
  const normal = type === "folder" || (onDisk & 0o100) !== 0 ? 0o755 : 0o644;
  return rules.mode === undefined ? normal : modeAfter(rules.mode, normal, type === "folder");
}

/** The mode of something from a stage, which is kept with setuid, setgid and sticky. */
export function stageMode(rules: CopyRules, type: string, before: number): number {
  if (rules.mode === undefined || type === "symlink") return before;
  return modeAfter(rules.mode, before, type === "folder");
}

/** The mode of the folder that a folder's contents go into, where it is new. */
export function topFolderMode(rules: CopyRules, onDisk: number | undefined): number {
  if (rules.asOnDisk === true && onDisk !== undefined) return onDisk;
  return rules.mode === undefined ? 0o755 : modeAfter(rules.mode, 0o755, true);
}
