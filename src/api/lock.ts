import type { Catalog } from "../catalog/catalog.js";
import type { ImageNode } from "../image/nodes.js";
import type { LockResult, LockVerbOptions } from "../project/lock/lock.js";
import { openProject } from "../project/project.js";
import { watched } from "./watched.js";

/**
 * Writes `layerwright.lock.json`: every reference and URL of a catalog by digest, for all its platforms. What is there
 * stays; what nobody needs any more goes; `update` looks up again what tags name.
 *
 * @throws {PlanError} LOCK_INVALID, LOCK_CONFLICT, LOCK_VERSION, LOCK_NAME_UNKNOWN, BASE_PLATFORM_MISSING
 * @throws {RegistryError} when a registry does not have a reference or cannot be reached
 * @throws {EnvironmentError} LOCK_UNREADABLE, LOCK_UNWRITABLE, LOCK_BUSY
 * @example
 * ```ts
 * import { Catalog, Image, lock } from "layerwright";
 *
 * const catalog = new Catalog("acme", { app: Image.from("debian:bookworm-slim") }, { platforms: ["linux/amd64"] });
 * const { missing } = await lock(catalog, { check: true });
 * console.log(missing.length); // 1
 * ```
 */
export async function lock(catalog: Catalog, options: LockVerbOptions = {}): Promise<LockResult> {
  return watched(options, (told) => lockNow(catalog, told));
}

async function lockNow(catalog: Catalog, options: LockVerbOptions): Promise<LockResult> {
  // What is locked is told from the description; only which layers to decide about can depend on what bases hold.
  const decides = [...catalog].some(([, image]) => usesAuto(image.node));
  const looks = decides ? options : { ...options, offline: true };
  const project = await openProject(catalog, looks);
  const { lockProject } = await import("../project/lock/lock.js");
  return lockProject(project, options);
}

/** True when an image, or one that it is made from, has its layers decided. */
function usesAuto({ squash, base }: ImageNode): boolean {
  return squash === "auto" || (base.kind === "image" && usesAuto(base.image));
}
