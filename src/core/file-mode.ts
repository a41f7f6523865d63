const RWX_USER = 0o4700;
const RWX_GROUP = 0o2070;
const RWX_OTHER = 0o1007;
const ALL = 0o7777;
/** What a clause without u, g, o or a leaves out: the umask that builds run with. */
const UMASK = 0o022;

/**
 * Permission bits after symbolic clauses, as chmod(1) of GNU coreutils computes them. `X` stands for execute where the
 * thing is a folder or somebody may execute it already.
 *
 * Source: POSIX.1-2017, chmod, "extended description".
 */
export function applySymbolicMode(clauses: string, before: number, isFolder: boolean): number {
  let bits = before & ALL;
  for (const clause of clauses.split(",")) bits = applyClause(clause, bits, isFolder);
  return bits;
}

function applyClause(clause: string, before: number, folder: boolean): number {
  const who = /^[ugoa]*/.exec(clause)![0];
  const affected = classes(who);
  let bits = before;
  for (const [, operator, permissions] of clause
    .slice(who.length)
    .matchAll(/([-+=])([rwxXst]*|[ugo])(?=[-+=]|$)/g)) {
    const value = permissionBits(permissions!, bits, folder);
    // A folder keeps setuid and setgid unless they are named.
    const omitted = folder ? 0o6000 & ~(affected === 0 ? value : affected & value) : 0;
    const change = value & (affected === 0 ? ~UMASK : affected) & ~omitted;
    if (operator === "+") bits |= change;
    else if (operator === "-") bits &= ~change;
    else bits = (bits & ((affected === 0 ? 0 : ~affected) | omitted)) | change;
  }
  return bits & ALL;
}

function classes(who: string): number {
  let affected = 0;
  for (const letter of who) {
    affected |= letter === "u" ? RWX_USER : letter === "g" ? RWX_GROUP : letter === "o" ? RWX_OTHER : ALL;
  }
  return affected;
}

function permissionBits(letters: string, bits: number, folder: boolean): number {
  const copied = letters === "u" ? (bits >> 6) & 7 : letters === "g" ? (bits >> 3) & 7 : bits & 7;
  if (letters === "u" || letters === "g" || letters === "o") return copied * 0o111;
  let value = 0;
  for (const letter of letters) {
    if (letter === "r") value |= 0o444;
    else if (letter === "w") value |= 0o222;
    else if (letter === "x") value |= 0o111;
    else if (letter === "X") value |= folder || (bits & 0o111) !== 0 ? 0o111 : 0;
    else if (letter === "s") value |= 0o6000;
    else if (letter === "t") value |= 0o1000;
  }
  return value;
}
