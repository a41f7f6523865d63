import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { decompress } from "fzstd";
import { tarEntries } from "./tar-entries.js";

interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly platform?: { readonly os?: string; readonly architecture?: string };
}

/** The config of an image and its layers, uncompressed. */
export interface ImageBlobs {
  readonly config: Record<string, unknown>;
  readonly layers: readonly Buffer[];
}

function uncompressed(layer: Buffer): Buffer {
  if (layer.readUInt16BE(0) === 0x1f8b) return gunzipSync(layer);
  if (layer.readUInt32LE(0) === 0xfd2fb528) return Buffer.from(decompress(layer));
  return layer;
}

/** A way to get a file of the image by its name, wherever the image is. */
function opener(path: string): (name: string) => Buffer | undefined {
  if (statSync(path).isDirectory()) {
    return (name) => {
      try {
        return readFileSync(join(path, name));
      } catch {
        return undefined;
      }
    };
  }
  const files = new Map(
    tarEntries(readFileSync(path)).map((entry) => [entry.path.replace(/^\.\//, ""), entry.data]),
  );
  return (name) => files.get(name);
}

/**
 * Opens an OCI layout (a folder or an archive) or what `docker save` writes.
 * An index of several images gives the first that is for an operating system,
 * so an attestation beside the image is never taken for it.
 *
 * @param architecture chooses among the platforms of an index
 */
export function imageBlobs(path: string, architecture?: string): ImageBlobs {
  const open = opener(path);
  const need = (name: string): Buffer => {
    const found = open(name);
    if (found === undefined) throw new Error(`${path} has no ${name}`);
    return found;
  };
  // biome-ignore lint/suspicious/noExplicitAny: JSON from another program
  const json = (name: string): any => JSON.parse(need(name).toString("utf8"));
  const blob = (wanted: Descriptor): string => `blobs/${wanted.digest.replace(":", "/")}`;

  if (open("index.json") === undefined) {
    const [saved] = json("manifest.json") as [{ Config: string; Layers: string[] }];
    return { config: json(saved.Config), layers: saved.Layers.map((layer) => uncompressed(need(layer))) };
  }
  let document = json("index.json");
  while (Array.isArray(document.manifests)) {
    const manifests = document.manifests as Descriptor[];
    const chosen = manifests.find(({ platform }) =>
      architecture === undefined || platform?.architecture === undefined
        ? platform?.os !== "unknown"
        : platform.architecture === architecture,
    );
    if (chosen === undefined) throw new Error(`${path} has no image`);
    document = json(blob(chosen));
  }
  // BuildKit writes null for the layers of an image that has none.
  const layers = ((document.layers ?? []) as Descriptor[]).map((layer) => uncompressed(need(blob(layer))));
  return { config: json(blob(document.config)), layers };
}
