import { beginCall } from "../../image/call.js";
import type { Image } from "../../image/image.js";
import { ImageExpectation } from "./image-expectation.js";
import { type ExpectArchiveOptions, type ExpectOptions, Subject } from "./subject.js";

/**
 * Starts assertions about an image by its description: at once, with no build, no daemon and no network. The files are
 * those that its steps place, as the direct build places them; of bases those on disk are looked into. What a command or a
 * base in a registry may hold is not known, and an assertion that depends on it fails and says so. `await` does no harm.
 *
 * @throws {DefinitionError} ARGUMENT_INVALID, OPTION_UNKNOWN
 * @throws {PlanError} whatever would keep the image from being built, such as SOURCE_NOT_FOUND
 * @example
 * ```ts
 * import { Image } from "layerwright";
 * import { expectImage } from "layerwright/testing";
 *
 * const base = Image.scratch().write("/etc/motd", "hello\n").env("LANG", "C.UTF-8");
 * const image = Image.from(base).write("/app", "#!/bin/sh\n", { mode: 0o755 });
 * expectImage(image).hasFile("/app", { mode: 0o755 }).hasEnv("LANG", "C.UTF-8").sharesLayersWith(base).isUnder("20MB");
 * ```
 */
export function expectImage(image: Image, options: ExpectOptions = {}): ImageExpectation {
  return new ImageExpectation(Subject.described(beginCall("expectImage"), image, options));
}

/**
 * Starts the same assertions about a finished image on disk, ours or anybody's: an archive or an OCI layout. All of its
 * files are known, also those that commands made; which steps made it is not. A process of its own reads it, once.
 *
 * @throws {DefinitionError} ARGUMENT_INVALID, OPTION_UNKNOWN
 * @throws {EnvironmentError} BASE_NOT_FOUND
 * @example
 * ```ts
 * import { build, Image } from "layerwright";
 * import { expectArchive } from "layerwright/testing";
 *
 * await build(Image.scratch().write("/etc/motd", "hello\n"), { output: "motd.tar" });
 * expectArchive("motd.tar").hasFile("/etc/motd", { contents: /^hello/ }).hasLayers(1);
 * ```
 */
export function expectArchive(path: string, options: ExpectArchiveOptions = {}): ImageExpectation {
  return new ImageExpectation(Subject.archive(beginCall("expectArchive"), path, options));
}
