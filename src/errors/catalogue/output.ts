import type { MessageArea } from "../message.js";

/** Writing finished images. */
export const outputMessages = {
  OUTPUT_IS_FOLDER: (p: { path: string }) => ({
    message: `the output ${p.path} is a folder`,
    hint: 'name a file, or use the output type "layout" for a folder',
  }),
  OUTPUT_IS_INPUT: (p: { path: string }) => ({
    message: `the output ${p.path} is also what the image is built from`,
    hint: "name another file for the output",
  }),
  OUTPUT_INVALID: (p: { got: unknown; types: readonly string[] }) => ({
    message: `the output ${JSON.stringify(p.got)} is neither a path nor { type, dest }`,
    hint: `give a path, or one of the types ${p.types.join(", ")} with a dest`,
  }),
  OUTPUT_UNWRITABLE: (p: { path: string; reason: string }) => ({
    message: `the output ${p.path} cannot be written: ${p.reason}`,
    hint: "name a place that exists and that you can write to",
  }),
  OUTPUT_FAILED: (p: { path: string; reason: string }) => ({
    message: `writing the output ${p.path} failed: ${p.reason}`,
    hint: "check the disk; what was at this place before is still there",
  }),
  OUTPUT_CLOSED: (p: { path: string }) => ({
    message: `the reader of ${p.path} went away before the whole image was written`,
    hint: "look at what the program after the pipe says",
  }),
  OUTPUT_PLATFORMS: (p: { path: string; platforms: readonly string[] }) => ({
    message: `the archive ${p.path} can hold one platform only, and these were built: ${p.platforms.join(", ")}`,
    hint: 'use the output type "oci" or "layout", or build one platform',
  }),
  OUTPUT_REFERENCE_INVALID: (p: { reference: string }) => ({
    message: `${JSON.stringify(p.reference)} is not a full image reference with a tag`,
    hint: "write it as registry/name:tag, e.g. docker.io/library/app:v1",
  }),
  OUTPUT_NAME_TWICE: (p: { reference: string }) => ({
    message: `two different images are named ${p.reference}`,
    hint: "give each image a name of its own",
  }),
  OUTPUT_BLOB_WRONG: (p: { digest: string; reason: string }) => ({
    message: `the blob ${p.digest} of the finished image is not what its manifest says: ${p.reason}`,
    hint: "build it again",
  }),
  LAYOUT_INVALID: (p: { path: string; reason: string }) => ({
    message: `the OCI layout ${p.path} cannot be added to: ${p.reason}`,
    hint: "name a new or empty folder, or a valid OCI layout",
  }),
  LAYOUT_LOCKED: (p: { path: string; seconds: number }) => ({
    message: `the OCI layout ${p.path} is being written by another process, for more than ${p.seconds} seconds`,
    hint: "wait for it, or if no such process exists remove the file index.json.lock in the layout",
  }),
} satisfies MessageArea;
