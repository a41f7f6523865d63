import type { ImageListing, ListedFile } from "../peers/image-listing.js";

/** Of the machine, not of the case: it may be any version of busybox, or a stand-in. */
const BUSYBOX = "bin/busybox";

function what(file: ListedFile): string {
  const { type, path } = file;
  if (path === BUSYBOX && type === "file") return "(busybox of this machine)";
  if (type === "file") return `${file.size} ${file.sha256.slice(0, 12)}`;
  return type === "symlink" || type === "link" ? `-> ${file.linkname}` : file.device;
}

function line(file: ListedFile): string {
  const xattrs = Object.entries(file.xattrs).map(([name, value]) => ` ${name}=${value}`);
  const mode = file.mode.toString(8).padStart(4, "0");
  const parts = [JSON.stringify(`/${file.path}`), file.type, mode, `${file.uid}:${file.gid}`, what(file)];
  return `  ${parts.join(" ").trimEnd()}${xattrs.join("")}\n`;
}

/** The config and every layer of an image as text; layers of the base are only counted. */
export function listingText(image: ImageListing, inherited: number): string {
  const config = JSON.stringify(image.config["config"] ?? {}, null, 2);
  const layers = image.layers.slice(inherited).map(({ paths }, index) => {
    return `layer ${inherited + index + 1}\n${paths.map(line).join("")}`;
  });
  return [`config ${config}\n`, `layers of the base: ${inherited}\n`, ...layers].join("\n");
}
