import { resolve } from "node:path";
import { decodeLayer } from "../layer/encode/decode.js";
import { hostPlatform } from "../oci/platform.js";
import type { BaseImage } from "../ports/base-source.js";
import { withWorkspace } from "./workspace.js";
import { writeBeside } from "./write-beside.js";

/** Writes a base's root file system, a folder or a tar, as one plain tar that a Dockerfile can ADD. */
export async function writeRootfsTar(
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
