import type { ImageListing } from "../peers/image-listing.js";
import type { UnpackedFile } from "../peers/oracle-rootfs.js";

/** What is different between a listing and a tree that another program unpacked, one line each. */
export function treeDifferences(image: ImageListing, tree: ReadonlyMap<string, UnpackedFile>): string[] {
  const lines: string[] = [];
  for (const path of [...new Set([...image.rootfs.keys(), ...tree.keys()])].sort()) {
    if (path === "") continue;
    const [ours, theirs] = [image.rootfs.get(path), tree.get(path)];
    if (ours === undefined || theirs === undefined) {
      lines.push(`/${path}: only in ${ours === undefined ? "the unpacked tree" : "the listing"}`);
      continue;
    }
    for (const key of ["type", "mode", "uid", "gid", "sha256", "linkname"] as const) {
      if (key === "linkname" && ours.type !== "symlink") continue;
      if (key === "mode" && ours.type === "symlink") continue;
      if (ours[key] !== theirs[key]) lines.push(`/${path}: ${key} ${ours[key]} | ${theirs[key]}`);
    }
  }
  return lines;
}
