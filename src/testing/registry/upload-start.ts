import { empty } from "./answers.js";
import { Content } from "./content.js";
import { blobCreated, finishBlob } from "./finish-blob.js";
import { receive } from "./receive.js";
import type { RegistryState } from "./registry-state.js";
import { uploadHeaders } from "./upload-headers.js";

/** POST: mounts a blob of another repository, takes a whole blob, or opens an upload. */
export async function startUpload(state: RegistryState, name: string, request: Request): Promise<Response> {
  const query = new URL(request.url).searchParams;
  const mount = query.get("mount");
  if (mount !== null) {
    // Without `from` there is no repository that the sender was shown to be allowed to read.
    const blob = state.find(query.get("from") ?? "")?.blobs.get(mount);
    if (blob !== undefined) {
      state.open(name).blobs.set(mount, blob);
      return blobCreated(name, mount);
    }
  }
  const content = new Content();
  const digest = query.get("digest");
  if (digest !== null && mount === null) {
    await receive(request, content);
    return finishBlob(state.open(name), name, content, digest);
  }
  const id = crypto.randomUUID();
  state.open(name).uploads.set(id, content);
  return empty(202, uploadHeaders(name, id, content));
}
