import { open, rename, rm } from "node:fs/promises";
import type { Digest } from "../oci/digest.js";
import { withWorkspace } from "./workspace.js";

/** Writes a layer of the store as a tar that a Dockerfile can ADD. */
export async function writeLayerTar(digest: Digest, dest: string, store: string | undefined): Promise<void> {
  await withWorkspace({ store }, async ({ store: blobs }) => {
    const beside = `${dest}.${process.pid}.tmp`;
    try {
      const file = await open(beside, "w", 0o644);
      try {
        for await (const chunk of blobs.read(digest)) await file.write(chunk);
      } finally {
        await file.close();
      }
      await rename(beside, dest);
    } catch (error) {
      await rm(beside, { force: true });
      throw error;
    }
  });
}
