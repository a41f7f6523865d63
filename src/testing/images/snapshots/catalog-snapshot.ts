import type { Catalog } from "../../../catalog/catalog.js";
import { isCatalog } from "../../../catalog/is-catalog.js";
import { sortByBytes } from "../../../core/bytes.js";
import { beginCall, checkOptions, refuse } from "../../../image/call.js";
import { platformText } from "../../../oci/platform.js";
import { Subject } from "../subject.js";
import { snapshotOf } from "./image-snapshot.js";

/** How the images of a catalog are looked at. */
export interface CatalogSnapshotOptions {
  /** The folder that copy sources and bases on disk are relative to. @default - the working folder */
  readonly context?: string;
  /** Only this platform. @default - those of the catalog */
  readonly platform?: string;
}

/**
 * The snapshots of all images of a catalog, see {@link imageSnapshot}, by name and platform. Platforms for which an image
 * is the same stand above one text. A catalog that names no platforms is for that of the machine.
 *
 * @throws {PlanError} whatever would keep an image from being built
 * @throws {DefinitionError} ARGUMENT_INVALID, OPTION_UNKNOWN
 * @example
 * ```ts
 * import { Catalog, Image } from "layerwright";
 * import { catalogSnapshot } from "layerwright/testing";
 *
 * const app = Image.scratch().write("/app", "1");
 * const catalog = new Catalog("acme", { app }, { platforms: ["linux/amd64", "linux/arm64"] });
 * console.log(catalogSnapshot(catalog).startsWith("# app linux/amd64 linux/arm64\n")); // true
 * ```
 */
export function catalogSnapshot(catalog: Catalog, options: CatalogSnapshotOptions = {}): string {
  const call = beginCall("catalogSnapshot");
  if (!isCatalog(catalog)) {
    const allowed = "a Catalog";
    refuse(call, "ARGUMENT_INVALID", { call: call.name, argument: "catalog", got: catalog, allowed });
  }
  checkOptions(call, options, ["context", "platform"]);
  const { context, platform } = options;
  const platforms = platform === undefined ? catalog.platforms.map(platformText) : [platform];
  return sortByBytes([...catalog.names])
    .flatMap((name) => {
      const byText = new Map<string, string[]>();
      for (const one of platforms) {
        const own = { platform: one, ...(context === undefined ? {} : { context }) };
        const text = snapshotOf(Subject.described(call, catalog.images[name]!, own).description!);
        byText.set(text, [...(byText.get(text) ?? []), one]);
      }
      return [...byText].map(([text, those]) => `# ${name} ${those.join(" ")}\n${text}`);
    })
    .join("\n");
}
