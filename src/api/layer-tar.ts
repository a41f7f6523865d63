import type { Digest } from "../oci/digest.js";
import { withWorkspace } from "./workspace.js";
import { writeBeside } from "./write-beside.js";

/** Writes a layer of the store as a tar that a Dockerfile can ADD. */
export function writeLayerTar(digest: Digest, dest: string, store: string | undefined): Promise<void> {
  return withWorkspace({ store }, ({ store: blobs }) => writeBeside(dest, blobs.read(digest)));
}
