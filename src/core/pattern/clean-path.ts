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
