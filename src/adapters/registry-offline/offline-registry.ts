import { EnvironmentError } from "../../errors/layerwright-error.js";
import type { Descriptor } from "../../oci/descriptor.js";
import { familiarReference, type Reference } from "../../oci/reference.js";
import type {
  BlobSink,
  Registry,
  RegistryDocument,
  Repository,
  UploadBlob,
  UploadOutcome,
} from "../../ports/registry.js";

/** The registries of a build that may not look outside: whatever is asked for is what the store lacks. */
export class OfflineRegistry implements Registry {
  async resolve(reference: Reference): Promise<Descriptor | undefined> {
    return refuse(familiarReference(reference));
  }

  async document(reference: Reference): Promise<RegistryDocument> {
    return refuse(familiarReference(reference));
  }

  async download(from: Repository, descriptor: Descriptor, _: BlobSink): Promise<void> {
    return refuse(`${descriptor.digest} of ${familiarReference(from)}`);
  }

  async upload(to: Repository, blob: UploadBlob): Promise<UploadOutcome> {
    return refuse(`a place for ${blob.descriptor.digest} in ${familiarReference(to)}`);
  }

  async putDocument(to: Reference): Promise<void> {
    return refuse(`a place for ${familiarReference(to)}`);
  }

  async close(): Promise<void> {}
}

function refuse(what: string): never {
  throw new EnvironmentError("OFFLINE_MISSING", { missing: [what] }, { subject: what });
}
