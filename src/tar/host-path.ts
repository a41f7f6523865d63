import { hasEscapedBytes, pathToBytes } from "../core/bytes.js";

/** The path of a name in a host folder: text where that names the file, bytes where the name is not UTF-8. */
export function hostChild(folder: string | Buffer, name: string): string | Buffer {
  if (typeof folder === "string" && !hasEscapedBytes(name)) {
    return folder.endsWith("/") ? folder + name : `${folder}/${name}`;
  }
  const parent = typeof folder === "string" ? Buffer.from(folder) : folder;
  return Buffer.concat([parent, Buffer.from("/"), pathToBytes(name)]);
}

/** A host path as people read it. */
export function hostText(path: string | Buffer): string {
  return typeof path === "string" ? path : path.toString("utf8");
}
