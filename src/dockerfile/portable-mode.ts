/** The same change of a mode as clauses that every chmod(1) reads alike, for files and for directories. */
export interface PortableMode {
  readonly file: string;
  readonly directory: string;
}

type Class = "u" | "g" | "o";
const CLASSES: readonly Class[] = ["u", "g", "o"];

/**
 * Clauses that GNU coreutils and busybox read alike. They differ (measured with 9.1 and 1.35) in `=`, with which busybox
 * takes setuid and setgid from a directory and reads `X` and a copied class after it has cleared the bits, and in `t`,
 * which busybox knows for `a` alone. `=` is therefore spelled as what it adds and what it takes away; as in coreutils,
 * a directory keeps setuid and setgid that are not named.
 */
export function portableMode(clauses: string): PortableMode {
  const parts = clauses.split(",").map(portableClause);
  return {
    file: parts.map(({ file }) => file).join(","),
    directory: parts.map(({ directory }) => directory).join(","),
  };
}

/** True when clauses mean the same to every chmod(1) as they stand. */
export function isPortable(clauses: string): boolean {
  return !/=/.test(clauses) && !/t/.test(clauses);
}

function portableClause(clause: string): PortableMode {
  const [, who = "", rest = ""] = /^([ugoa]*)(.*)$/.exec(clause) ?? [];
  const parts = [...rest.matchAll(/([-+=])([rwxXst]*|[ugo])(?=[-+=]|$)/g)].map(
    ([, operator = "+", permissions = ""]) =>
      operator === "=" ? assignment(who, permissions) : both(sparingSticky(who, operator, permissions)),
  );
  const joined = (pick: (mode: PortableMode) => string) =>
    parts
      .map(pick)
      .filter((text) => text !== "")
      .join(",");
  return { file: joined(({ file }) => file), directory: joined(({ directory }) => directory) };
}

function both(text: string): PortableMode {
  return { file: text, directory: text };
}

/** `+` and `-`: only the sticky bit is apart. */
function sparingSticky(who: string, operator: string, permissions: string): string {
  if (!permissions.includes("t")) return `${who}${operator}${permissions}`;
  const rest = permissions.replaceAll("t", "");
  const sticky = reachesSticky(who) ? [`a${operator}t`] : [];
  return [`${who}${operator}${rest}`, ...sticky].join(",");
}

/** The sticky bit counts as one of the others'. */
function reachesSticky(who: string): boolean {
  return who === "" || /[oa]/.test(who);
}

function assignment(who: string, permissions: string): PortableMode {
  const affected = who === "" || who.includes("a") ? CLASSES : CLASSES.filter((one) => who.includes(one));
  // Nobody named: the umask 022 of builds is left out.
  const masked = who === "" ? affected.filter((one) => one !== "u") : [];
  const copied = CLASSES.find((one) => one === permissions);
  const bits = copied === undefined ? setLetters(affected, permissions) : setCopy(affected, copied);
  const names = permissions.includes("s") && copied === undefined;
  const sticky = affected.includes("o")
    ? [copied === undefined && permissions.includes("t") ? "a+t" : "a-t"]
    : [];
  const common = [...bits, ...masked.map((one) => `${one}-w`), ...sticky];
  const special = affected.filter((one) => one !== "o").map((one) => `${one}${names ? "+" : "-"}s`);
  return {
    file: [...common, ...special].join(","),
    directory: [...common, ...(names ? special : [])].join(","),
  };
}

function setLetters(affected: readonly Class[], permissions: string): string[] {
  const who = affected.join("");
  const given = [..."rwx"].filter((letter) => permissions.includes(letter));
  const conditional = permissions.includes("X") ? "X" : "";
  const added = given.join("") + conditional;
  // Where `X` gives nothing, nobody may execute, so there is nothing to take away either.
  const taken = [..."rwx"].filter(
    (letter) => !given.includes(letter) && !(letter === "x" && conditional !== ""),
  );
  return [
    ...(added === "" ? [] : [`${who}+${added}`]),
    ...(taken.length === 0 ? [] : [`${who}-${taken.join("")}`]),
  ];
}

/** The class that is copied keeps its own bits. */
function setCopy(affected: readonly Class[], copied: Class): string[] {
  const others = affected.filter((one) => one !== copied);
  return others.length === 0 ? [] : [`${others.join("")}-rwx`, `${others.join("")}+${copied}`];
}
