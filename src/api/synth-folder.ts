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
import { dirname, join } from "node:path";
import type { EmittedDockerfile } from "../dockerfile/emit-dockerfile.js";
import type { GeneratedFile } from "../dockerfile/generated-files.js";
import { EnvironmentError } from "../errors/layerwright-error.js";
import type { Digest } from "../oci/digest.js";
import { platformText } from "../oci/platform.js";
import { writeLayerTar } from "./layer-tar.js";
import { writeRootfsTar } from "./rootfs-tar.js";
import type { SynthesizedImage } from "./synth.js";

/** Of `manifest.json`: 1 had an entry a platform. */
const VERSION = 2;

/** The folder that `synth` writes. Every file is written beside its place and renamed, so none is ever half there. */
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

  /** Writes `manifest.json`: the images of this run, and those of earlier runs that were not written again. */
  async finish(images: readonly SynthesizedImage[]): Promise<void> {
    const entries = images.map(({ warnings: _, platforms, ...image }) => ({
      ...image,
      platforms: platforms.map(platformText),
    }));
    const now = new Set(entries.map(({ name }) => name));
    const earlier = this.#earlierEntries().filter(({ name }) => !now.has(name));
    const all = [...earlier, ...entries].sort((a, b) => (a.name < b.name ? -1 : 1));
    this.#write("manifest.json", `${JSON.stringify({ version: VERSION, images: all }, null, 2)}\n`);
  }

  #earlierEntries(): { name: string; platforms: string[]; dockerfile: string }[] {
    try {
      const { version, images } = JSON.parse(readFileSync(join(this.#out, "manifest.json"), "utf8"));
      return version === VERSION && Array.isArray(images) ? images : [];
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

  /** Asked for once a folder: with thousands of images that is felt. */
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
