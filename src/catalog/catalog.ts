import { namePattern } from "../core/glob.js";
import { parseSize } from "../core/size.js";
import { beginCall, type Call, checkOptions, refuse } from "../image/call.js";
import { label } from "../image/config-steps.js";
import { type Image, imageOf, isImage, type Recipe } from "../image/image.js";
import { referencedImages, withReplaced } from "../image/image-references.js";
import type { ImageNode } from "../image/nodes.js";
import { hostPlatform, type Platform, parsePlatform, platformText } from "../oci/platform.js";
import { isPathComponent } from "../oci/reference.js";
import { isPolicy, type PlacedSuppression, type Policy, parseSuppressions } from "../policy/policy.js";
import {
  type CatalogOptions,
  DEFAULT_MAX_LAYERS,
  type MapOptions,
  MOST_LAYERS,
  withDefaults,
} from "./catalog-options.js";
import { type NamedPlace, namedNodes } from "./named-nodes.js";

/**
 * A set of images with their names and platforms. A catalog holds finished images and never
 * edits one. Names become parts of repositories; the order is the order they are written in. A record or a catalog among
 * the images is for all images below its name: `{ api: { server, worker } }` has `api/server` and `api/worker`. Of a
 * catalog in a catalog the images and groups count, for the platforms of the outer one.
 *
 * @throws {DefinitionError} CATALOG_INVALID, IMAGE_NAME_INVALID, PLATFORM_INVALID, OPTION_UNKNOWN, LABEL_INVALID,
 *   RECIPE_INVALID, POLICY_INVALID, SUPPRESSION_INVALID
 * @example
 * ```ts
 * import { Catalog, Image } from "layerwright";
 *
 * const base = Image.from("debian:bookworm-slim").env("LANG", "C.UTF-8");
 * const app = Image.from(base).cmd(["/bin/true"]);
 * const catalog = new Catalog("acme", { base, app }, { platforms: ["linux/amd64", "linux/arm64"] });
 * console.log(catalog.dependencies("app")); // [ "base" ]
 * export default catalog;
 *
 * const all = new Catalog("all", { acme: catalog, tools: { jq: Image.scratch() } }, { groups: { nightly: ["acme/*"] } });
 * console.log(all.names); // [ "acme/base", "acme/app", "tools/jq" ]
 * ```
 */
export interface Catalog<Name extends string = string> extends Iterable<[Name, Image]> {
  readonly name: string;
  /** The images by name. */
  readonly images: Readonly<Record<Name, Image>>;
  readonly platforms: readonly Platform[];
  /** The names of the images in each group, in the order of the catalog. */
  readonly groups: Readonly<Record<string, readonly Name[]>>;
  /** In bytes; undefined where there is no limit. */
  readonly maxUnshared: number | undefined;
  /** The most layers of an image with squash `"auto"`. */
  readonly maxLayers: number;
  /** The policies that every image must keep. */
  readonly policies: readonly Policy[];
  /** Findings that may stand, whatever image they are of. */
  readonly suppressions: readonly PlacedSuppression[];
  /** The names, in the order of the catalog. */
  readonly names: readonly Name[];

  /**
   * A catalog with the same names, groups and platforms and each image changed, for a policy over all of them. An image
   * that is the base of another is changed under its own name only: the other keeps the base it was made from, since
   * its steps were written for that, and a recipe that, say, takes root away from the base would break them. With
   * `bases` it is put onto the changed base.
   *
   * @throws {DefinitionError} RECIPE_INVALID, CATALOG_INVALID, OPTION_UNKNOWN
   * @example
   * ```ts
   * import { Catalog, Image } from "layerwright";
   *
   * const base = Image.scratch().write("/a", "1").write("/b", "2");
   * const catalog = new Catalog("acme", { base, app: Image.from(base).write("/c", "3") });
   * const small = catalog.map((image) => image.squash("own"), { bases: true }); // app shares the one layer of base
   * console.log(small.dependencies("app")); // [ "base" ]
   * ```
   */
  map(recipe: (image: Image, name: Name) => Image, options?: MapOptions): Catalog<Name>;

  /**
   * The names of the catalog's images that an image is made from: as base, or as source of a copy, also by way of
   * images that have no name here. Images are values, so there is no cycle.
   *
   * @throws {DefinitionError} CATALOG_INVALID when there is no such name
   */
  dependencies(name: Name): readonly Name[];
}

/** The constructor of a catalog; it knows the names of all images, those in records and other catalogs too. */
export interface CatalogConstructor {
  new <Entries extends CatalogEntries>(
    name: string,
    images: Entries,
    options?: CatalogOptions,
  ): Catalog<ImageNames<Entries>>;
  readonly prototype: Catalog;
}

/** By this a catalog is known. */
const CATALOG_BRAND = Symbol.for("layerwright.catalog");

class CatalogValue implements Catalog {
  readonly name: string;
  readonly images: Readonly<Record<string, Image>>;
  readonly platforms: readonly Platform[];
  readonly groups: Readonly<Record<string, readonly string[]>>;
  readonly maxUnshared: number | undefined;
  readonly maxLayers: number;
  readonly policies: readonly Policy[];
  readonly suppressions: readonly PlacedSuppression[];

  constructor(name: string, entries: CatalogEntries, options: CatalogOptions = {}) {
    const call = beginCall("catalog");
    checkOptions(call, options, [
      "platforms",
      "labels",
      "defaults",
      "groups",
      "maxUnshared",
      "maxLayers",
      "policies",
      "suppressions",
    ]);
    this.name = checkName(call, name);
    const { images, groups } = flatEntries(call, entries);
    const defaults = defaultsOf(call, options);
    this.images = defaults === undefined ? images : withDefaults(images, defaults);
    this.platforms = checkPlatforms(call, options.platforms);
    this.groups = chosenGroups(call, Object.keys(images), groups, options.groups);
    this.maxUnshared = checkSize(call, "maxUnshared", options.maxUnshared);
    this.maxLayers = checkMaxLayers(call, options.maxLayers);
    this.policies = checkPolicies(call, options.policies);
    this.suppressions = Object.freeze(parseSuppressions(call, options.suppressions));
    Object.freeze(this);
  }

  get names(): readonly string[] {
    return Object.keys(this.images);
  }

  *[Symbol.iterator](): IterableIterator<[string, Image]> {
    for (const name of this.names) yield [name, this.images[name]!];
  }

  map(recipe: (image: Image, name: string) => Image, options: MapOptions = {}): Catalog {
    const call = beginCall("map");
    checkOptions(call, options, ["bases"]);
    if (typeof recipe !== "function") {
      refuse(call, "RECIPE_INVALID", { call: call.name, got: recipe, returned: false });
    }
    const change = (image: Image, name: string) => image.with((it) => recipe(it, name));
    const changed =
      options.bases === true
        ? mapWithBases([...this], change)
        : Object.fromEntries([...this].map(([name, image]) => [name, change(image, name)]));
    const { groups, maxUnshared, maxLayers, policies } = this;
    return new CatalogValue(this.name, changed, {
      platforms: this.platforms.map(platformText),
      groups,
      maxLayers,
      policies,
      suppressions: this.suppressions.map(({ code, image, reason }) => ({
        code,
        reason,
        ...(image && { image }),
      })),
      ...(maxUnshared === undefined ? {} : { maxUnshared }),
    });
  }

  dependencies(name: string): readonly string[] {
    if (!Object.hasOwn(this.images, name)) {
      refuse(beginCall("dependencies"), "CATALOG_INVALID", { reason: "it has no such image", got: name });
    }
    const own = this.images[name]!.node;
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
    return needed.sort((a, b) => a.place - b.place).map((it) => it.name);
  }
}

Object.defineProperty(CatalogValue.prototype, CATALOG_BRAND, { value: true });
Object.defineProperty(CatalogValue, "name", { value: "Catalog" });

/** Makes a {@link Catalog:interface}. */
export const Catalog = CatalogValue as unknown as CatalogConstructor;

/** The labels and the recipe as one: no layer, then what the recipe makes. */
function defaultsOf(call: Call, { labels, defaults }: CatalogOptions): Recipe | undefined {
  if (labels === undefined && defaults === undefined) return undefined;
  if (defaults !== undefined && typeof defaults !== "function") {
    refuse(call, "RECIPE_INVALID", { call: call.name, got: defaults, returned: false });
  }
  const step = labels === undefined ? undefined : label(labels);
  return (image) => {
    const labelled = step === undefined ? image : image.step(step);
    return defaults === undefined ? labelled : labelled.with(defaults);
  };
}

function checkSize(call: Call, option: string, size: number | string | undefined): number | undefined {
  const bytes = size === undefined ? undefined : parseSize(size);
  if (bytes !== undefined || size === undefined) return bytes;
  const allowed = "a number of bytes, or a number and B, kB, MB, GB or TB, for example 50MB";
  return refuse(call, "ARGUMENT_INVALID", {
    call: call.name,
    argument: option,
    got: size,
    allowed,
  });
}

function checkMaxLayers(call: Call, layers: unknown = DEFAULT_MAX_LAYERS): number {
  if (typeof layers === "number" && Number.isInteger(layers) && layers >= 1 && layers <= MOST_LAYERS) {
    return layers;
  }
  const allowed = `a whole number from 1 to ${MOST_LAYERS}`;
  return refuse(call, "ARGUMENT_INVALID", {
    call: call.name,
    argument: "maxLayers",
    got: layers,
    allowed,
  });
}

function checkPolicies(call: Call, policies: unknown): readonly Policy[] {
  if (policies === undefined) return Object.freeze([]);
  if (Array.isArray(policies) && policies.every(isPolicy)) return Object.freeze([...policies]);
  const reason = "the policies are an array of what policy(), nonRoot() and the like give";
  const got: unknown = Array.isArray(policies) ? policies.find((one) => !isPolicy(one)) : policies;
  return refuse(call, "CATALOG_INVALID", { reason, got });
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

/** The flat form of entries: every image by its whole name, and the groups that catalogs among them brought. */
export interface FlatEntries {
  readonly images: Readonly<Record<string, Image>>;
  readonly groups: Readonly<Record<string, readonly string[]>>;
}

/** Checks entries and lays them flat, in the order that they are written in. */
function flatEntries(call: Call, entries: unknown): FlatEntries {
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
function checkName(call: Call, name: unknown): string {
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

type Groups = Readonly<Record<string, readonly string[]>>;

/** The members of each group, in the order of the catalog: what its patterns choose, and what was in it before. */
function chosenGroups(call: Call, names: readonly string[], before: Groups, given: unknown): Groups {
  const members = new Map(Object.entries(before).map(([group, chosen]) => [group, new Set(chosen)]));
  for (const [group, patterns] of entriesOf(call, given)) {
    const chosen = members.get(group) ?? new Set();
    for (const pattern of patterns) {
      const matching = names.filter(namePattern(pattern));
      const reason = `no image is meant by ${JSON.stringify(pattern)} in the group "${group}"`;
      if (matching.length === 0) refuse(call, "CATALOG_INVALID", { reason, got: names });
      for (const name of matching) chosen.add(name);
    }
    members.set(group, chosen);
  }
  const ordered = [...members].map(([group, chosen]) => [
    group,
    Object.freeze(names.filter((name) => chosen.has(name))),
  ]);
  return Object.freeze(Object.fromEntries(ordered));
}

function entriesOf(call: Call, given: unknown): [group: string, patterns: readonly string[]][] {
  if (given === undefined) return [];
  const wrong = (got: unknown): never => {
    const reason = "groups is a record from a name to an array of names and patterns";
    return refuse(call, "CATALOG_INVALID", { reason, got });
  };
  if (typeof given !== "object" || given === null || Array.isArray(given)) return wrong(given);
  return Object.entries(given).map(([group, patterns]) => {
    if (!isPathComponent(group)) {
      refuse(call, "IMAGE_NAME_INVALID", {
        got: group,
        reason: "it names a group, and has other characters",
      });
    }
    if (!Array.isArray(patterns) || !patterns.every((one) => typeof one === "string")) return wrong(patterns);
    return [group, patterns];
  });
}

/** Tells a catalog from other values, also across two copies of the package. */
export function isCatalog(value: unknown): value is Catalog {
  return typeof value === "object" && value !== null && CATALOG_BRAND in value;
}

/** Changes each image, and puts those that are made from others onto what these became. */
function mapWithBases(
  images: readonly (readonly [name: string, image: Image])[],
  change: (image: Image, name: string) => Image,
): Record<string, Image> {
  const names = new Map<ImageNode, string>();
  for (const [name, { node }] of images) if (!names.has(node)) names.set(node, name);
  const done = new Map<ImageNode, ImageNode>();
  const replace = (node: ImageNode): ImageNode => {
    const known = done.get(node);
    if (known !== undefined) return known;
    const own = withReplaced(node, replace);
    const name = names.get(node);
    const replaced = name === undefined ? own : change(imageOf(own), name).node;
    done.set(node, replaced);
    return replaced;
  };
  const changed = images.map(([name, { node }]) => {
    // An image of two names is for others what it is under the first.
    const first = names.get(node) === name;
    return [name, first ? imageOf(replace(node)) : change(imageOf(withReplaced(node, replace)), name)];
  });
  return Object.fromEntries(changed);
}
