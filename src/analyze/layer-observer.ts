import { fileDigests } from "../archive/layer-index.js";
import { openLayer } from "../archive/open-layer.js";
import { getOrMake } from "../core/grouped.js";
import { baseName, isWithin } from "../core/posix-path.js";
import type { Origin } from "../errors/origin.js";
import type { Digest } from "../oci/digest.js";
import type { CopyOperation, Operation } from "../plan/operation.js";
import { type Layer, targetOf } from "../plan/plan.js";
import type { BaseLayer } from "../ports/base-source.js";
import type { BlobStore } from "../ports/blob-store.js";
import type { ObservedEntry, ObservedLayer } from "./observed-image.js";

/** The facts about a layer besides its bytes. */
export interface LayerNotes {
  readonly description?: string | undefined;
  readonly planLayer?: string | undefined;
  readonly inherited: boolean;
  readonly outside?: boolean | undefined;
  /** Bytes of the plain tar, where somebody knows; else they are read. */
  readonly uncompressedSize?: number | undefined;
  readonly originOf?: (path: string) => Origin | undefined;
}

/** Looks into layers through a store that remembers what is in them. Layers that are equal are read once. */
export class LayerObserver {
  readonly #store: BlobStore;
  readonly #sizes = new Map<Digest, Promise<number>>();
  readonly #entries = new Map<Digest, Promise<readonly ObservedEntry[]>>();

  constructor(store: BlobStore) {
    this.#store = store;
  }

  /** @throws {IntegrityError} when the layer's bytes are not what its digest says */
  async observe(layer: BaseLayer, notes: LayerNotes): Promise<ObservedLayer> {
    const { diffId, descriptor } = layer;
    const { description, planLayer, inherited, outside, originOf = () => undefined } = notes;
    return {
      diffId,
      digest: descriptor.digest,
      size: descriptor.size,
      uncompressedSize: notes.uncompressedSize ?? (await this.#size(layer)),
      inherited,
      originOf,
      entries: () => this.#entriesOf(layer),
      open: () => openLayer(layer, this.#store),
      ...(description === undefined ? {} : { description }),
      ...(planLayer === undefined ? {} : { planLayer }),
      ...(outside === undefined ? {} : { outside }),
    };
  }

  #size(layer: BaseLayer): Promise<number> {
    return getOrMake(this.#sizes, layer.diffId, async () => {
      const { index, close } = await openLayer(layer, this.#store);
      await close();
      return index.size;
    });
  }

  #entriesOf(layer: BaseLayer): Promise<readonly ObservedEntry[]> {
    return getOrMake(this.#entries, layer.diffId, async () => {
      const { index, close } = await openLayer(layer, this.#store);
      await close();
      const digests = await fileDigests(layer, index.entries.length, this.#store);
      return index.entries.map(({ entry }, at) => {
        const sha256 = digests[at];
        return sha256 === undefined || sha256 === "" ? entry : { ...entry, sha256 };
      });
    });
  }
}

/**
 * The user's line that wrote a path into a layer: the last file operation whose target covers it, and of copies into one
 * directory the one whose source is named like it; else the last command.
 *
 * @param path without a leading slash
 * @param foreign whether the layer also has files of a base, so that what no target covers may be nobody's line
 */
export function lineOfPath(
  path: string,
  { operations }: Pick<Layer, "operations">,
  foreign = false,
): Origin | undefined {
  const absolute = `/${path}`;
  const covering = operations.filter((operation) => covers(operation, absolute));
  const named = covering.filter((operation) => operation.op !== "copy" || namesSource(operation, absolute));
  const writer = named.at(-1) ?? covering.at(-1);
  if (writer !== undefined || foreign) return writer?.origin;
  return (operations.filter(isCommand).at(-1) ?? operations.at(-1))?.origin;
}

function covers(operation: Operation, path: string): boolean {
  const target = targetOf(operation);
  return target !== undefined && (isWithin(path, target) || isWithin(target, path));
}

/** True when a copy has a source of the path's name, or one whose names are not known: a directory's contents, a glob. */
function namesSource({ sources, dest, into }: CopyOperation, path: string): boolean {
  if (!into || path === dest) return true;
  const name = path.slice(dest === "/" ? 1 : dest.length + 1).split("/")[0];
  return sources.some((source) => baseName(source.path) === name || /[*?[]/.test(source.path));
}

function isCommand({ op }: Operation): boolean {
  return op === "run" || op === "hostRun";
}
