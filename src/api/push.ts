import type { Catalog } from "../catalog/catalog.js";
import { isCatalog } from "../catalog/catalog.js";
import type { Image } from "../image/image.js";
import { platformText } from "../oci/platform.js";
import { decideFirst, wholeOf } from "../project/gate.js";
import { prepareCatalog, prepareImage } from "../project/prepare.js";
import type { PushOptions, PushResult } from "../project/push.js";
import { keepSharingLimit } from "../project/sharing-limit.js";
import { watched } from "./watched.js";

/**
 * Builds an image and pushes it to a registry, or every image of a catalog in one go. What the registry has is not sent:
 * layers of a base from the same registry are linked, and a blob that several images share is sent once. Tags are set
 * when everything else is there.
 *
 * @param reference where to: `ghcr.io/acme/app:v1` for an image; `ghcr.io/acme` for a catalog, whose images are named below it
 * @throws {RegistryError} REGISTRY_DENIED, REGISTRY_UNREACHABLE, REGISTRY_REFUSED and others
 * @throws {PlanError} SQUASH_UNSHARES, and those of `build`
 * @throws {DefinitionError} REFERENCE_INVALID
 * @throws {PlanError} POLICIES_BROKEN when a catalog's policies find errors, before anything is sent
 * @example
 * ```ts no-run
 * import { Image, push } from "layerwright";
 *
 * const image = Image.from("debian:bookworm-slim").write("/hello.txt", "hello\n");
 * const { images, sentBytes } = await push(image, "ghcr.io/acme/hello:v1");
 * console.log(images[0]?.descriptor.digest, sentBytes);
 * ```
 */
export async function push(
  what: Image | Catalog,
  reference: string,
  options: PushOptions = {},
): Promise<PushResult> {
  return watched(options, (told) => pushNow(what, reference, told));
}

async function pushNow(what: Image | Catalog, reference: string, options: PushOptions): Promise<PushResult> {
  const { pushPlans } = await import("../project/push.js");
  if (!isCatalog(what)) {
    const prepared = await prepareImage(what, options.platforms ?? [undefined], options);
    return pushPlans([{ reference, plans: prepared.map((optimized) => ({ optimized })) }], options);
  }
  const platforms = options.platforms ?? what.platforms.map(platformText);
  const prepared = await prepareCatalog(what, platforms, options);
  const named = what.names.map((name) => ({
    reference: `${reference.replace(/\/$/, "")}/${name}:${options.tag ?? "latest"}`,
    knownAs: `${what.name}/${name}`,
    plans: platforms.map((platform) => ({ optimized: prepared(name, platform) })),
  }));
  const judged = what.names.flatMap((name, at) =>
    named[at]!.plans.map(({ optimized }) => ({ name, plan: optimized.plan })),
  );
  const settings = { ...options, whole: wholeOf(what, options) };
  await decideFirst(
    judged.map(({ plan }) => plan),
    settings,
  );
  await keepSharingLimit(what, platforms, options);
  const { passPolicies } = await import("../project/gate.js");
  return pushPlans(named, await passPolicies(what, judged, settings));
}
