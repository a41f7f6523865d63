import { beginCall, type Call, refuse } from "../image/call.js";
import { type Image, isImage } from "../image/image.js";
import type { ImageNode } from "../image/image-node.js";
import { referencedImages } from "../image/image-references.js";
import { checkOptions } from "../image/options.js";
import { hostPlatform, type Platform, parsePlatform, platformText } from "../oci/platform.js";
import { isPathComponent } from "../oci/reference.js";

const BRAND = Symbol.for("layerwright.catalog");
const MAX_NAME = 128;

/** What holds for all images of a catalog. */
export interface CatalogOptions {
  /** As `linux/amd64` or `linux/arm/v7`. @default - the platform of this machine */
  readonly platforms?: readonly string[];
}

/**
 * Which images exist here, under which names and for which platforms. A catalog holds finished images and never
 * edits one. Names become parts of repositories; the order is the order they are written in.
 *
 * @throws {DefinitionError} CATALOG_INVALID, IMAGE_NAME_INVALID, PLATFORM_INVALID, OPTION_UNKNOWN
 * @example
 * ```ts
 * import { Catalog, Image } from "layerwright";
 *
 * const base = Image.from("debian:bookworm-slim").env("LANG", "C.UTF-8");
 * const app = Image.from(base).cmd(["/bin/true"]);
 * const catalog = new Catalog("acme", { base, app }, { platforms: ["linux/amd64", "linux/arm64"] });
 * console.log(catalog.dependencies("app")); // [ "base" ]
 * export default catalog;
 * ```
 */
export class Catalog<Name extends string = string> {
  readonly name: string;
  /** The images by name. */
  readonly images: Readonly<Record<Name, Image>>;
  readonly platforms: readonly Platform[];

  constructor(name: string, images: Readonly<Record<Name, Image>>, options: CatalogOptions = {}) {
    const call = beginCall("catalog");
    checkOptions(call, options, ["platforms"]);
    this.name = checkName(call, name);
    this.images = checkImages(call, images);
    this.platforms = checkPlatforms(call, options.platforms);
    Object.freeze(this);
  }

  /** The names, in the order of the catalog. */
  get names(): readonly Name[] {
    return Object.keys(this.images) as Name[];
  }

  /** Names and images, in the order of the catalog. */
  *[Symbol.iterator](): IterableIterator<[Name, Image]> {
    for (const name of this.names) yield [name, this.images[name]];
  }

  /**
   * A catalog with the same names and platforms and each image changed, for a policy over all of them. An image
   * that is the base of another is changed under its own name only: the other keeps the base it was made from.
   *
   * @throws {DefinitionError} RECIPE_INVALID, CATALOG_INVALID
   */
  map(recipe: (image: Image, name: Name) => Image): Catalog<Name> {
    const call = beginCall("map");
    if (typeof recipe !== "function") {
      refuse(call, "RECIPE_INVALID", { call: call.name, got: recipe, returned: false });
    }
    const changed = [...this].map(([name, image]) => [name, image.with((it) => recipe(it, name))]);
    return new Catalog(this.name, Object.fromEntries(changed) as Record<Name, Image>, {
      platforms: this.platforms.map(platformText),
    });
  }

  /**
   * The names of the catalog's images that an image is made from: as base, or as source of a copy, also by way of
   * images that have no name here. Images are values, so there is no cycle.
   *
   * @throws {DefinitionError} CATALOG_INVALID when there is no such name
   */
  dependencies(name: Name): readonly Name[] {
    if (!Object.hasOwn(this.images, name)) {
      refuse(beginCall("dependencies"), "CATALOG_INVALID", { reason: "it has no such image", got: name });
    }
    const own = this.images[name].node;
    const namesOf = namedNodes(this);
    const needed: NamedPlace[] = [];
    const seen = new Set<ImageNode>();
    const walk = (node: ImageNode): void => {
      for (const used of referencedImages(node)) {
        if (seen.has(used)) continue;
        seen.add(used);
        const named = namesOf.get(used);
        if (named === undefined) walk(used);
        else needed.push(...named);
      }
    };
    walk(own);
    return needed.sort((a, b) => a.place - b.place).map((it) => it.name as Name);
  }
}

/** One of the names that an image has in a catalog, and its place in the order. */
interface NamedPlace {
  readonly place: number;
  readonly name: string;
}

const namesByCatalog = new WeakMap<Catalog, ReadonlyMap<ImageNode, readonly NamedPlace[]>>();

/** The names of each image. Found once: of a catalog of thousands every image is asked about. */
function namedNodes(catalog: Catalog): ReadonlyMap<ImageNode, readonly NamedPlace[]> {
  const known = namesByCatalog.get(catalog);
  if (known !== undefined) return known;
  const found = new Map<ImageNode, NamedPlace[]>();
  let place = 0;
  for (const [name, { node }] of catalog) {
    const names = found.get(node) ?? [];
    names.push({ place: place++, name });
    found.set(node, names);
  }
  namesByCatalog.set(catalog, found);
  return found;
}

Object.defineProperty(Catalog.prototype, BRAND, { value: true });

/** Tells a catalog from other values, also across two copies of the package. */
export function isCatalog(value: unknown): value is Catalog {
  return typeof value === "object" && value !== null && BRAND in value;
}

function checkName(call: Call, name: unknown): string {
  const invalid = (reason: string): never => refuse(call, "IMAGE_NAME_INVALID", { got: name, reason });
  if (typeof name !== "string" || name === "") return invalid("it is no text, or empty");
  if (name.length > MAX_NAME) return invalid(`it is longer than ${MAX_NAME} characters`);
  if (isPathComponent(name)) return name;
  const kebab = name.replace(/([a-z0-9])([A-Z])/g, "$1-$2").toLowerCase();
  return invalid(
    kebab !== name && isPathComponent(kebab)
      ? `it has upper-case letters (write "${kebab}")`
      : "it does not fit a repository",
  );
}

function checkImages<Name extends string>(
  call: Call,
  images: Readonly<Record<Name, Image>>,
): Readonly<Record<Name, Image>> {
  if (typeof images !== "object" || images === null || Array.isArray(images) || isImage(images)) {
    refuse(call, "CATALOG_INVALID", { reason: "the images are a record from name to image", got: images });
  }
  for (const [name, image] of Object.entries(images)) {
    checkName(call, name);
    if (!isImage(image)) refuse(call, "CATALOG_INVALID", { reason: `"${name}" is not an Image`, got: image });
  }
  return Object.freeze({ ...images });
}

function checkPlatforms(call: Call, platforms: unknown): readonly Platform[] {
  if (platforms === undefined) return Object.freeze([hostPlatform()]);
  if (!Array.isArray(platforms) || platforms.length === 0) {
    refuse(call, "CATALOG_INVALID", {
      reason: "the platforms are an array with at least one",
      got: platforms,
    });
  }
  const parsed = platforms.map((platform) => Object.freeze(parsePlatform(platform, call.origin)));
  return Object.freeze([...new Map(parsed.map((platform) => [platformText(platform), platform])).values()]);
}
