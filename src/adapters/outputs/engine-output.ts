import type { Writable } from "node:stream";
import { IntegrityError } from "../../errors/layerwright-error.js";
import { platformText } from "../../oci/platform.js";
import type { FinishedImage, ImageOutput } from "../../ports/image-output.js";
import type { Progress } from "../../ports/progress.js";
import { createDiskOutput } from "./disk-output.js";
import type { Engine } from "./engine.js";

/** The names and id that an engine has of an image. */
export interface LoadedImage {
  readonly references: readonly string[];
  /** The engine's id: the digest of the config, or of the manifest where Docker keeps images in containerd. */
  readonly id: string;
}

/** An output that loads. `loaded` tells, in the order of the images, what the engine has once `write` has returned. */
interface EngineOutput extends ImageOutput {
  loaded(): readonly LoadedImage[];
}

/** Options of a load. */
interface EngineOutputOptions {
  readonly progress?: Progress | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Loads images into a container engine: the bytes are those of an archive, and are on no disk on the way. */
export function createEngineOutput(
  engine: Engine,
  { progress, signal }: EngineOutputOptions = {},
): EngineOutput {
  const loaded: LoadedImage[] = [];
  return {
    loaded: () => loaded,
    async write(images) {
      // An archive holds one platform; images that share it share their layers on the way, too.
      const platforms = new Set(images.map(platformOf));
      for (const platform of platforms) {
        const some = images.filter((image) => platformOf(image) === platform);
        const write = (dest: Writable) => createDiskOutput({ type: "archive", dest }).write(some);
        const id = `load ${engine.place} ${platform}`;
        const label = `load into ${engine.name}`;
        progress?.report({ kind: "start", id, label });
        await engine.load(write, signal);
        progress?.report({ kind: "finish", id, label, cached: false });
      }
      for (const image of images) loaded.push(await loadedImage(engine, image));
    },
  };
}

function platformOf({ manifest }: FinishedImage): string {
  const { platform } = manifest.descriptor;
  return platform === undefined ? "" : platformText(platform);
}

/**
 * The image that the engine has under the names, which must be the one that was sent: else the load only seemed to
 * work.
 */
async function loadedImage(engine: Engine, image: FinishedImage): Promise<LoadedImage> {
  const expected = [image.config.descriptor.digest, image.manifest.descriptor.digest];
  const { references } = image;
  let id: string | undefined;
  for (const name of references.length === 0 ? expected : references) {
    const found = await engine.idOf(name);
    const digest = found === undefined || found.includes(":") ? found : `sha256:${found}`;
    if (digest !== undefined && expected.some((one) => one === digest)) {
      id = digest;
      continue;
    }
    // Without a name, either of the two digests is the one that it is known by.
    if (references.length === 0) continue;
    throw wrong(engine, name, digest, expected);
  }
  if (id === undefined) throw wrong(engine, expected[0]!, undefined, expected);
  return { references, id };
}

function wrong(
  { place }: Engine,
  name: string,
  id: string | undefined,
  expected: readonly string[],
): IntegrityError<"ENGINE_IMAGE_WRONG"> {
  return new IntegrityError(
    "ENGINE_IMAGE_WRONG",
    { place, name, id: id ?? "nothing", expected },
    { subject: name },
  );
}
