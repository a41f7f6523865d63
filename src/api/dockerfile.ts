import { resolve } from "node:path";
import type { Image } from "../image/image.js";
import { type DockerfileVerbOptions, emitResolved } from "../project/dockerfile.js";
import { pinByLock } from "../project/lock/pin-plans.js";
import { eachPlatform } from "../project/platforms.js";
import { lowerImage, preparePlans } from "../project/prepare/prepare.js";

/**
 * The Dockerfile of an image, as text. Files of the context and bases on disk are looked at, so that modes, owners and
 * the base's own directories are spelled right; nothing is written. An image with binary contents or links also needs the
 * files that {@link synth} writes. References that the lock knows are written with their digest, `name:tag@sha256:…`. What steps
 * need to know of a base in a registry is looked up once; of one that cannot be reached nothing is taken for granted.
 *
 * @throws {PlanError} NOT_EXPRESSIBLE, ADD_NOT_LOCKED, FOLDERS_UNKNOWN, DIALECT_CANNOT and others, each at the user's line
 * @throws {DefinitionError} PLATFORM_INVALID, ARGUMENT_INVALID
 * @example
 * ```ts
 * import { dockerfile, Image } from "layerwright";
 *
 * const image = Image.from("debian:bookworm-slim").write("/etc/motd", "hello\n").cmd(["cat", "/etc/motd"]);
 * const text = await dockerfile(image);
 * console.log(text.includes("FROM debian:bookworm-slim")); // true
 * ```
 */
export async function dockerfile(image: Image, options: DockerfileVerbOptions = {}): Promise<string> {
  const context = resolve(options.context ?? ".");
  const plannedFor = options.platforms ? eachPlatform("dockerfile", options.platforms) : [undefined];
  const lowered = plannedFor.map((platform) =>
    lowerImage(image.node, platform === undefined ? options : { ...options, platform }),
  );
  const prepared = await preparePlans(lowered, { ...options, askOnce: true });
  const plans = prepared.map(({ plan }) => plan);
  return emitResolved(pinByLock(plans, options), context, options).text;
}
