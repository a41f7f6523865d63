const ODD = /^[./]|\/[./]|\/$|\0/;

/** Why a path from an archive is refused; the text continues "the entry ..., which ". */
export class UnsafePath {
  readonly reason: string;

  constructor(reason: string) {
    this.reason = reason;
  }
}

/**
 * The normal form of a path from an archive: no leading `/` or `./`, no trailing or double slash, no `.` component.
 * `..` is refused and never resolved: what it leads to depends on symlinks that only the final root file system has.
 * The root folder itself is the empty path.
 */
export function normalizeEntryPath(path: string): string | UnsafePath {
  if (!ODD.test(path)) return path;
  if (path.includes("\0")) return new UnsafePath("holds a NUL in its name");
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "..") return new UnsafePath('has ".." in its path');
    if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}
