import type { Writable } from "node:stream";
import type { FinishedImage, ImageOutput } from "../../ports/image-output.js";
import { checkLoadable, dockerManifest, layoutDocuments } from "./archive-documents.js";
import { writeFileAtomically } from "./atomic-file.js";
import { type ByteSink, guardStream, streamSink } from "./byte-sink.js";
import { imageSet } from "./image-set.js";
import { writeLayout } from "./layout-output.js";
import { outputError } from "./output-error.js";
import { writeArchive } from "./tar-output.js";

/** Where finished images go, and as what. */
export interface DiskOutputOptions {
  /** `archive`: what every loader takes, one platform; `oci`: an OCI layout in a tar; `layout`: an OCI layout in a folder. */
  readonly type: "archive" | "oci" | "layout";
  /** A path, or for the two tars a stream. */
  readonly dest: string | Writable;
  /** Files that the images are made from: writing over one of them is refused. */
  readonly inputs?: readonly string[];
}

/** An output on disk or to a stream. The bytes depend on the images alone. */
export function createDiskOutput(options: DiskOutputOptions): ImageOutput {
  const { type, dest, inputs = [] } = options;
  if (type === "layout") {
    if (typeof dest !== "string") throw new TypeError("an OCI layout is a folder, not a stream");
    return { write: (images) => writeLayout(dest, images) };
  }
  return { write: (images) => writeTar(type, dest, inputs, images) };
}

async function writeTar(
  type: "archive" | "oci",
  dest: string | Writable,
  inputs: readonly string[],
  images: readonly FinishedImage[],
): Promise<void> {
  const name = typeof dest === "string" ? dest : "the output stream";
  if (type === "archive") checkLoadable(images, name);
  const { manifests, blobs } = imageSet(images);
  const documents = layoutDocuments(manifests);
  if (type === "archive") documents.push(dockerManifest(images));
  const write = (sink: ByteSink) => writeArchive(sink, documents, blobs);
  if (typeof dest === "string") return writeFileAtomically(dest, inputs, write);
  try {
    await guardStream(dest, () => write(streamSink(dest)));
  } catch (error) {
    throw outputError(error, name);
  }
}
