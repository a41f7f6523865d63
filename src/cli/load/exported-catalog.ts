import { basename } from "node:path";
import { Catalog, isCatalog } from "../../catalog/catalog.js";
import { type Image, isImage } from "../../image/image.js";
import { isPathComponent } from "../../oci/reference.js";

/**
 * The catalog that a module exports: a Catalog, or one made of its Images. When there is neither, the names of
 * what it exports.
 */
export function findExported(exported: unknown, file: string): Catalog | readonly string[] {
  const names = flatten(exported);
  const byDefault = names["default"];
  if (isCatalog(byDefault)) return byDefault;
  if (isImage(byDefault)) return single(byDefault, file);
  const catalogs = Object.values(names).filter(isCatalog);
  if (catalogs.length === 1 && catalogs[0] !== undefined) return catalogs[0];
  const images = Object.entries(names).filter((entry): entry is [string, Image] => isImage(entry[1]));
  if (images.length > 0) {
    return new Catalog(nameOf(file), Object.fromEntries(images.map(([name, image]) => [kebab(name), image])));
  }
  return Object.keys(names);
}

/** A CommonJS module that was an ES module has its exports one `default` deeper. */
function flatten(exported: unknown): Record<string, unknown> {
  if (isImage(exported) || isCatalog(exported)) return { default: exported };
  if (typeof exported !== "object" || exported === null) return {};
  const outer = exported as Record<string, unknown>;
  const inner = outer["default"];
  const wrapped = typeof inner === "object" && inner !== null && Reflect.get(inner, "__esModule") === true;
  return wrapped ? { ...(inner as Record<string, unknown>) } : { ...outer };
}

function single(image: Image, file: string): Catalog {
  const name = nameOf(file);
  return new Catalog(name, { [name]: image });
}

/** `images/my-App.catalog.ts` is named `my-app.catalog`; a name that fits no repository is `image`. */
function nameOf(file: string): string {
  const name = kebab(basename(file).replace(/\.[cm]?[jt]s$/, ""));
  return isPathComponent(name) ? name : "image";
}

function kebab(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, "$1-$2").toLowerCase();
}
