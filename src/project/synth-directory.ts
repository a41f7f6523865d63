import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { decodeLayer } from "../archive/decode.js";
import { compareBytes } from "../core/bytes.js";
import { isCount, isFlag, isText, listOf, mapOf, objectOf } from "../core/json.js";
import { type BakeImage, bakeFile } from "../dockerfile/bake-file.js";
import type { EmittedDockerfile } from "../dockerfile/emit-dockerfile.js";
import type { GeneratedFile } from "../dockerfile/generated-files.js";
import { EnvironmentError } from "../errors/layerwright-error.js";
import type { Digest } from "../oci/digest.js";
import { hostPlatform, type Platform, platformText } from "../oci/platform.js";
import type { BaseImage } from "../ports/base-source.js";
import type { Project } from "./project.js";
import { withWorkspace, writeBeside } from "./workspace.js";

/** One Dockerfile that was written. */
export interface SynthesizedImage {
  readonly name: string;
  /** The platforms that the Dockerfile can be built for. */
  readonly platforms: readonly Platform[];
  /** Paths relative to the context directory. */
  readonly dockerfile: string;
  readonly ignore: string;
  /** How many generated files it needs. */
  readonly files: number;
  /** The command that builds it, to be run in the context directory. */
  readonly command: string;
  readonly warnings: readonly { readonly message: string }[];
}

/** Of `manifest.json`: 1 had an entry a platform, 2 nothing of bake. */
const VERSION = 3;

const BAKE_FILE = "docker-bake.json";

/** An image in `manifest.json`. */
interface ManifestEntry extends Omit<SynthesizedImage, "platforms" | "warnings"> {
  readonly platforms: readonly string[];
  /** What a bake file is made of; another run, of other images, writes it anew. */
  readonly bake?: BakeImage;
}

const BAKE = objectOf({
  ...{ name: isText, reference: isText, platforms: listOf(isText), dockerfile: isText },
  ...{ contexts: mapOf(isText), annotations: listOf(isText), secrets: listOf(isText), ssh: listOf(isText) },
  ...{ hostNetwork: isFlag, image: mapOf(isText), stages: mapOf(mapOf(isText)) },
});

/** The form of the images in `manifest.json`, which anybody may have changed since it was written. */
const ENTRIES = listOf(
  objectOf(
    {
      ...{ name: isText, platforms: listOf(isText), dockerfile: isText, ignore: isText },
      ...{ files: isCount, command: isText },
    },
    { bake: BAKE },
  ),
);

/** The directory that `synth` writes. Every file is written beside its place and renamed, so none is ever half there. */
export class SynthFolder {
  readonly #out: string;
  readonly #written = new Set<string>();
  readonly #folders = new Set<string>();

  constructor(out: string) {
    this.#out = out;
  }

  /** Writes one Dockerfile with its ignore file and its generated files. */
  async add(
    place: string,
    emitted: EmittedDockerfile,
    context: string,
    store: string | undefined,
  ): Promise<void> {
    for (const file of emitted.files) await this.#generate(file, context, store);
    this.#write(`${place}/Dockerfile.dockerignore`, emitted.ignore);
    this.#write(`${place}/Dockerfile`, emitted.text);
  }

  /**
   * Writes `manifest.json` and the bake file: the images of this run, and those of earlier runs that were not written
   * again and that the catalog still has. Gives the name of the bake file, if there is one.
   */
  finish(
    images: readonly SynthesizedImage[],
    bakes: ReadonlyMap<string, BakeImage>,
    catalog: Pick<Project, "names" | "groups">,
  ): string | undefined {
    const entries = images.map(({ warnings: _, platforms, ...image }): ManifestEntry => {
      const bake = bakes.get(image.name);
      return { ...image, platforms: platforms.map(platformText), ...(bake === undefined ? {} : { bake }) };
    });
    const now = new Set(entries.map(({ name }) => name));
    const there = new Set(catalog.names);
    const earlier = this.#earlierEntries().filter(({ name }) => !now.has(name) && there.has(name));
    const all = [...earlier, ...entries].sort((a, b) => compareBytes(a.name, b.name));
    this.#write("manifest.json", `${JSON.stringify({ version: VERSION, images: all }, null, 2)}\n`);
    const baked = all.flatMap(({ bake }) => bake ?? []);
    if (baked.length > 0) this.#write(BAKE_FILE, bakeFile(baked, groupsOf(baked, catalog)));
    else rmSync(join(this.#out, BAKE_FILE), { force: true });
    return baked.length > 0 ? BAKE_FILE : undefined;
  }

  #earlierEntries(): ManifestEntry[] {
    try {
      const { version, images } = JSON.parse(readFileSync(join(this.#out, "manifest.json"), "utf8"));
      return version === VERSION && ENTRIES(images) ? images : [];
    } catch {
      return [];
    }
  }

  async #generate(file: GeneratedFile, context: string, store: string | undefined): Promise<void> {
    const path = `files/${file.path}`;
    if (this.#written.has(path)) return;
    this.#written.add(path);
    const full = join(this.#out, path);
    switch (file.kind) {
      case "folder":
        return this.#attempt(full, () => {
          mkdirSync(full, { recursive: true });
          chmodSync(full, file.mode);
        });
      case "symlink":
        return this.#attempt(full, () => replaceLink(full, file.target));
      case "file":
        this.#write(path, file.bytes, file.mode);
        return;
      case "layer-tar":
        mkdirSync(dirname(full), { recursive: true });
        return writeLayerTar(file.digest as Digest, full, store);
      case "rootfs-tar":
        mkdirSync(dirname(full), { recursive: true });
        return writeRootfsTar(file.source, full, context, store);
    }
  }

  #write(path: string, data: string | Uint8Array, mode = 0o644): void {
    const full = join(this.#out, path);
    this.#attempt(full, () => {
      this.#makeFolder(dirname(full));
      const beside = `${full}.${process.pid}.tmp`;
      try {
        writeFileSync(beside, data);
        chmodSync(beside, mode);
        renameSync(beside, full);
      } catch (error) {
        rmSync(beside, { force: true });
        throw error;
      }
    });
  }

  /** Asked for once a directory: with thousands of images that is felt. */
  #makeFolder(folder: string): void {
    if (this.#folders.has(folder)) return;
    mkdirSync(folder, { recursive: true });
    this.#folders.add(folder);
  }

  #attempt(path: string, act: () => void): void {
    try {
      act();
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new EnvironmentError("SYNTH_NOT_WRITTEN", { path, reason }, { subject: path, cause });
    }
  }
}

/** The groups of the catalog, and one for the images below each prefix: `api` for `api/server` and `api/worker`. */
function groupsOf(
  images: readonly BakeImage[],
  catalog: Pick<Project, "names" | "groups">,
): Readonly<Record<string, readonly string[]>> {
  const below: Record<string, string[]> = {};
  for (const { name } of images) {
    for (let cut = name.lastIndexOf("/"); cut > 0; cut = name.lastIndexOf("/", cut - 1)) {
      const prefix = name.slice(0, cut);
      below[prefix] ??= [];
      below[prefix].push(name);
    }
  }
  return { ...below, ...catalog.groups };
}

function replaceLink(path: string, target: string): void {
  mkdirSync(dirname(path), { recursive: true });
  try {
    if (readlinkSync(path) === target) return;
  } catch {
    // Nothing is there, or something else.
  }
  rmSync(path, { force: true, recursive: true });
  symlinkSync(target, path);
}

/** Writes a layer of the store as a tar that a Dockerfile can ADD. */
function writeLayerTar(digest: Digest, dest: string, store: string | undefined): Promise<void> {
  return withWorkspace({ store }, ({ store: blobs }) => writeBeside(dest, blobs.read(digest)));
}

/** Writes a base's root file system, a directory or a tar, as one plain tar that a Dockerfile can ADD. */
async function writeRootfsTar(
  source: string,
  dest: string,
  context: string,
  store: string | undefined,
): Promise<void> {
  await withWorkspace({ context, store }, async ({ bases }) => {
    const path = resolve(context, source);
    const base = await bases.open({ kind: "rootfs", path }, hostPlatform());
    try {
      await writeBeside(dest, plainBytes(base, source));
    } finally {
      await base.close();
    }
  });
}

async function* plainBytes({ layers }: BaseImage, archive: string): AsyncGenerator<Uint8Array> {
  for (const layer of layers) yield* decodeLayer(layer.blob(), { archive });
}
