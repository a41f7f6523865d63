import { type Call, refuse } from "../image/call.js";
import { type Image, isImage } from "../image/image.js";
import { isPathComponent } from "../oci/reference.js";
import type { Catalog } from "./catalog.js";
import { isCatalog } from "./is-catalog.js";

const MAX_NAME = 128;

/**
 * Images by name. A record in it, or a whole catalog, is for the images below a name: `{ api: { server } }` has the image
 * `api/server`.
 */
export interface CatalogEntries {
  readonly [name: string]: Image | Catalog | CatalogEntries;
}

/** The names of all images in the entries: `"web" | "api/server" | "api/worker"`. */
export type ImageNames<Entries> = string extends keyof Entries
  ? string
  : {
      [Key in keyof Entries & string]: Entries[Key] extends Image
        ? Key
        : Entries[Key] extends Catalog<infer Name>
          ? `${Key}/${Name}`
          : `${Key}/${ImageNames<Entries[Key]>}`;
    }[keyof Entries & string];

/** What entries come to: every image by its whole name, and the groups that catalogs among them brought. */
export interface FlatEntries {
  readonly images: Readonly<Record<string, Image>>;
  readonly groups: Readonly<Record<string, readonly string[]>>;
}

/** Checks entries and lays them flat, in the order that they are written in. */
export function flatEntries(call: Call, entries: unknown): FlatEntries {
  const images = new Map<string, Image>();
  const groups: Record<string, string[]> = {};
  const walk = (value: unknown, prefix: string): void => {
    if (!isRecord(value)) {
      const reason =
        prefix === ""
          ? "the images are a record from name to image"
          : `"${prefix.slice(0, -1)}" is neither an Image nor a record of images nor a Catalog`;
      refuse(call, "CATALOG_INVALID", { reason, got: value });
    }
    for (const [key, entry] of Object.entries(value)) {
      const name = `${prefix}${key}`;
      checkName(call, name);
      if (isCatalog(entry)) {
        for (const [group, members] of Object.entries(entry.groups)) {
          groups[group] = [...(groups[group] ?? []), ...members.map((member) => `${name}/${member}`)];
        }
        walk(entry.images, `${name}/`);
      } else if (!isImage(entry)) walk(entry, `${name}/`);
      else if (images.has(name))
        refuse(call, "CATALOG_INVALID", { reason: "two images have one name", got: name });
      else images.set(name, entry);
    }
  };
  walk(entries, "");
  return { images: Object.freeze(Object.fromEntries(images)), groups };
}

/** Checks a name: parts that each fit a repository, with slashes between them. */
export function checkName(call: Call, name: unknown): string {
  const invalid = (reason: string): never => refuse(call, "IMAGE_NAME_INVALID", { got: name, reason });
  if (typeof name !== "string" || name === "") return invalid("it is no text, or empty");
  if (name.length > MAX_NAME) return invalid(`it is longer than ${MAX_NAME} characters`);
  if (isName(name)) return name;
  const kebab = name.replace(/([a-z0-9])([A-Z])/g, "$1-$2").toLowerCase();
  return invalid(
    kebab !== name && isName(kebab)
      ? `it has upper-case letters (write "${kebab}")`
      : "it does not fit a repository",
  );
}

function isName(name: string): boolean {
  return name.split("/").every(isPathComponent);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !isImage(value);
}
