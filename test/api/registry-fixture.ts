import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { push } from "../../src/api/build.js";
import type { Image } from "../../src/image/image.js";
import type { ImageConfig } from "../../src/oci/image-config.js";
import type { ImageManifest } from "../../src/oci/manifest.js";
import { parseReference } from "../../src/oci/reference.js";
import type { PushOptions } from "../../src/project/push.js";
import { openRegistry } from "../../src/project/registry/open-registry.js";
import { MemoryRegistry } from "../../src/testing/index.js";
import { serveHandler } from "../peers/serve-handler.js";

/** A registry and a store of a test, and what is looked at in them. */
export async function registryFixture(host?: string) {
  const memory = new MemoryRegistry();
  const served = host === undefined ? await serveHandler(memory.handle) : undefined;
  const folder = mkdtempSync(join(tmpdir(), "layerwright-rebase-"));
  const client = await openRegistry({ registries: {} });
  const at = host ?? served!.host;
  const common = { store: join(folder, "store"), context: folder, registries: {}, lock: false } as const;
  return {
    host: at,
    folder,
    memory,
    client,
    /** Options of verbs. */
    common,
    /** Pushes an image and gives the digest that its tag names. */
    async push(image: Image, name: string, options: PushOptions = {}): Promise<string> {
      const { images } = await push(image, `${at}/${name}`, { ...common, ...options });
      return images[0]!.descriptor.digest;
    },
    async manifest(name: string): Promise<ImageManifest> {
      const { bytes } = await client.document(parseReference(`${at}/${name}`));
      return JSON.parse(Buffer.from(bytes).toString());
    },
    async config(name: string): Promise<ImageConfig> {
      const { config } = await this.manifest(name);
      const pieces: Buffer[] = [];
      const keep = (chunk: Uint8Array) => void pieces.push(Buffer.from(chunk));
      await client.download(parseReference(`${at}/${name}`), config, keep);
      return JSON.parse(Buffer.concat(pieces).toString());
    },
    async close() {
      await client.close();
      await served?.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
