import { closeSync } from "node:fs";
import { join } from "node:path";
import { IntegrityError } from "../../errors/layerwright-error.js";
import { type HostRange, NotAFile, openRegular } from "./host-range.js";
import type { TarFileEntry } from "./tar-file-index.js";

/** The files of an image that lies on disk as a folder or a tar. */
export interface ImageFiles {
  /** What errors call it: the path that the user gave. */
  readonly base: string;
  /** Where a file of the image is; undefined where there is none. Throws `BASE_IMAGE_INVALID` for what is no file. */
  find(name: string): HostRange | undefined;
}

/** The files of an OCI layout that is a folder. */
export function folderFiles(base: string, folder: string): ImageFiles {
  return {
    base,
    find(name) {
      const path = join(folder, name);
      const opened = openRegular(path);
      if (opened === undefined) return undefined;
      if (opened instanceof NotAFile) throw invalid(base, `the file ${name}`, opened.reason);
      closeSync(opened.fd);
      return { path, offset: 0, size: opened.size };
    },
  };
}

/** Links followed inside an archive: what `docker save` wrote before version 25 has one. */
const MAX_LINKS = 16;

/** The files of an image that is a tar. Links are followed inside the tar only, by name. */
export function tarFiles(base: string, path: string, entries: ReadonlyMap<string, TarFileEntry>): ImageFiles {
  return {
    base,
    find(name) {
      let place = name;
      for (let links = 0; links <= MAX_LINKS; links++) {
        const found = entries.get(place);
        if (found === undefined) return undefined;
        const { entry, offset } = found;
        if (entry.type === "file") return { path, offset, size: entry.size };
        if (entry.type === "hardlink") place = entry.linkname ?? "";
        else if (entry.type === "symlink") place = linkedName(base, place, entry.linkname ?? "");
        else throw invalid(base, `the entry ${JSON.stringify(name)}`, `is a ${entry.type}`);
      }
      throw invalid(base, `the entry ${JSON.stringify(name)}`, "is a link that leads to itself");
    },
  };
}

/** Where a symlink of an archive leads. */
function linkedName(base: string, place: string, target: string): string {
  const names = target.startsWith("/") ? [] : place.split("/").slice(0, -1);
  for (const name of target.split("/")) {
    if (name === "" || name === ".") continue;
    if (name !== "..") names.push(name);
    else if (names.pop() === undefined) {
      throw invalid(base, `the entry ${JSON.stringify(place)}`, "is a link that leads out of the archive");
    }
  }
  return names.join("/");
}

/** The error for a part of an image that is not as it must be. */
export function invalid(
  base: string,
  document: string,
  reason: string,
): IntegrityError<"BASE_IMAGE_INVALID"> {
  return new IntegrityError("BASE_IMAGE_INVALID", { path: base, document, reason }, { subject: base });
}
