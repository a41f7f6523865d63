/**
 * The components of a path inside an image: a leading slash, empty components and `.` mean nothing, and `..` goes
 * up by name and stays in the root. Symbolic links are not looked at (see resolve.ts).
 */
export function pathComponents(path: string): string[] {
  const names: string[] = [];
  for (const name of path.split("/")) {
    if (name === "" || name === ".") continue;
    if (name === "..") names.pop();
    else names.push(name);
  }
  return names;
}

/** A path of a folder and a name in it; the root is `""`. */
export function joinPath(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}
