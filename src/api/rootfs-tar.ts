import { open, rename, rm } from "node:fs/promises";
import { resolve } from "node:path";
import { decodeLayer } from "../layer/encode/decode.js";
import { hostPlatform } from "../oci/platform.js";
import { withWorkspace } from "./workspace.js";

/** Writes a base's root file system, a folder or a tar, as one plain tar that a Dockerfile can ADD. */
export async function writeRootfsTar(
  source: string,
  dest: string,
  context: string,
  store: string | undefined,
): Promise<void> {
  await withWorkspace({ context, store }, async ({ portsFor }) => {
    const path = resolve(context, source);
    const base = await portsFor({}).bases.open({ kind: "rootfs", path }, hostPlatform());
    const beside = `${dest}.${process.pid}.tmp`;
    try {
      const file = await open(beside, "w", 0o644);
      try {
        for (const layer of base.layers) {
          for await (const chunk of decodeLayer(layer.blob(), { archive: source })) await file.write(chunk);
        }
      } finally {
        await file.close();
      }
      await rename(beside, dest);
    } catch (error) {
      await rm(beside, { force: true });
      throw error;
    } finally {
      await base.close();
    }
  });
}
