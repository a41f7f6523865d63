import { canonicalReference, parseReference } from "../oci/reference.js";

/**
 * The full reference that an image is written under: `acme/app` is `docker.io/acme/app:latest`.
 *
 * @throws {DefinitionError} REFERENCE_INVALID
 */
export function fullReference(reference: string): string {
  return canonicalReference(parseReference(reference));
}
