const CLAUSE = /^([ugoa]*)((?:[-+=][rwxXst]*)+)$/;
const ACTION = /([-+=])([rwxXst]*)/g;
const SHIFTS = { u: 6, g: 3, o: 0 } as const;

/**
 * Applies symbolic clauses to permission bits as chmod(1) does, with a umask of 0 for clauses that name nobody.
 * `X` stands for execute where the thing is a folder or somebody may execute it already.
 *
 * Source: POSIX.1-2017, chmod, "extended description".
 */
export function applySymbolicMode(clauses: string, mode: number, isFolder: boolean): number {
  let bits = mode;
  for (const clause of clauses.split(",")) {
    const match = CLAUSE.exec(clause);
    if (match === null) continue;
    const who = match[1] === "" || match[1]?.includes("a") ? "ugo" : (match[1] ?? "");
    for (const [, sign, letters = ""] of (match[2] ?? "").matchAll(ACTION)) {
      const mask = letterBits(letters, who, bits, isFolder);
      if (sign === "+") bits |= mask;
      else if (sign === "-") bits &= ~mask;
      else bits = (bits & ~whoBits(who, isFolder)) | mask;
    }
  }
  return bits & 0o7777;
}

/** All bits that an `=` clause may clear for these classes; a folder keeps its setuid and setgid, as GNU has it. */
function whoBits(who: string, isFolder: boolean): number {
  let mask = 0;
  for (const one of who) mask |= 0o7 << SHIFTS[one as keyof typeof SHIFTS];
  if (!isFolder && who.includes("u")) mask |= 0o4000;
  if (!isFolder && who.includes("g")) mask |= 0o2000;
  if (who.includes("o")) mask |= 0o1000;
  return mask;
}

function letterBits(letters: string, who: string, bits: number, isFolder: boolean): number {
  let mask = 0;
  const execute = isFolder || (bits & 0o111) !== 0;
  for (const one of who) {
    const shift = SHIFTS[one as keyof typeof SHIFTS];
    if (letters.includes("r")) mask |= 4 << shift;
    if (letters.includes("w")) mask |= 2 << shift;
    if (letters.includes("x") || (letters.includes("X") && execute)) mask |= 1 << shift;
  }
  if (letters.includes("s") && who.includes("u")) mask |= 0o4000;
  if (letters.includes("s") && who.includes("g")) mask |= 0o2000;
  // The sticky bit belongs to "others" or to everybody.
  if (letters.includes("t") && (who.includes("o") || who === "ugo")) mask |= 0o1000;
  return mask;
}
