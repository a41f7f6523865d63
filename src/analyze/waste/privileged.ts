import { lastCopy, type StoredContent } from "./stored-content.js";
import { placeOf, type Wasted, type Writer } from "./wasted.js";

const SETUID = 0o4000;
const SETGID = 0o2000;
const GROUP_EXECUTE = 0o010;

/** Files of the final root file system that run with their owner's or group's rights: no bytes, a notice. */
export function privilegedFiles(contents: readonly StoredContent[]): Wasted[] {
  return contents.flatMap((content): Wasted[] => {
    if (content.fate !== undefined || content.copyOf !== undefined) return [];
    const last = lastCopy(content);
    const bits = privilegeOf(last.entry.mode);
    if (bits === undefined) return [];
    const what = `runs with the rights of its ${bits === SETUID ? "owner" : "group"}`;
    return [{ kind: "setuid", what, place: placeOf(last), bytes: 0, path: last.names[0]!, fix: fixOf }];
  });
}

/** Setgid without the group's execute bit means mandatory locking, as in inode(7). */
function privilegeOf(mode: number): number | undefined {
  if ((mode & SETUID) !== 0) return SETUID;
  return (mode & SETGID) !== 0 && (mode & GROUP_EXECUTE) !== 0 ? SETGID : undefined;
}

function fixOf({ step }: Writer): string {
  if (step === "base") return "where nobody needs it, take a base without it";
  if (step === "copy") return "where nobody needs it, copy(..., { mode: 0o755 })";
  return "where nobody needs it, chmod a-s in the command that installs it: a later layer would copy the file";
}
