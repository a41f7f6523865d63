/**
 * Cleans an absolute container path: no empty, `.` or `..` components, no trailing slash. `..` above the root
 * stays at the root, as the kernel has it.
 */
export function cleanAbsolute(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** Joins a path to a directory unless it is absolute, and cleans the result. */
export function resolvePath(folder: string, path: string): string {
  return cleanAbsolute(path.startsWith("/") ? path : `${folder}/${path}`);
}

/** The directory that a cleaned absolute path lies in; the root's is the root. */
export function parentPath(path: string): string {
  const cut = path.lastIndexOf("/");
  return cut <= 0 ? "/" : path.slice(0, cut);
}

/** The last component of a cleaned path, empty for the root. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** True when `path` is `folder` or lies below it; both cleaned and absolute. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || folder === "/" || path.startsWith(`${folder}/`);
}

/**
 * The shortest path that names the same place, by text alone, as Go's `path.Clean`: no empty, `.` or inner `..`
 * component and no trailing slash; `.` for an empty path. A leading `..` of a relative path stays.
 */
export function cleanPath(path: string): string {
  const absolute = path.startsWith("/");
  const kept: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part !== "..") kept.push(part);
    else if (kept.length > 0 && kept.at(-1) !== "..") kept.pop();
    else if (!absolute) kept.push("..");
  }
  const joined = kept.join("/");
  if (absolute) return `/${joined}`;
  return joined === "" ? "." : joined;
}
